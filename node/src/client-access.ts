// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import { FollowedFiles, type FollowEvents } from './adapters/system/followed-files.ts';
import type { PeerTls } from './adapters/peers/peer-certificates.ts';
import type { Config } from './config/options.ts';
import { newAuthenticator, parseAdminToken, parseTokens } from './servers/auth.ts';
import type { Authenticator, TokenEntry } from './servers/auth.ts';
import { followTls } from './threads/tls-files.ts';

/** Who may use the APIs, and what the node shows them; both follow their files. */
export interface ClientAccess {
  readonly authenticator: Authenticator;
  /** Undefined: plain text. */
  readonly tls: FollowedFiles<PeerTls> | undefined;
  stop(): void;
}

/** @throws Error when a file cannot be used. `onCertificate` is called when another one is to be shown. */
export function openClientAccess(
  config: Config,
  logger: Logger,
  onCertificate: (certificate: PeerTls) => void,
): ClientAccess {
  const tokens = followTokens(config, {
    onChange: (entries) => logger.info({ tokens: entries.length }, 'the API tokens were read again'),
    onTrouble: (error) =>
      logger.error({ err: error }, 'the API tokens were changed and cannot be used: the old ones count'),
  });
  const { clientCaFile } = config.auth;
  const tls =
    clientCaFile === ''
      ? undefined
      : followTls(
          { ...config.tls.peer, caFile: clientCaFile },
          {
            onChange: (certificate) => {
              logger.info({}, 'the APIs show a new certificate');
              onCertificate(certificate);
            },
            onTrouble: (error) =>
              logger.error(
                { err: error },
                'the certificates of the APIs were changed and cannot be used: the old ones stay',
              ),
          },
        );
  return {
    authenticator: newAuthenticator(tokens === undefined ? undefined : () => tokens.value, clientCaFile !== ''),
    tls,
    stop: () => {
      tokens?.stop();
      tls?.stop();
    },
  };
}

/**
 * Of both files; undefined when neither is configured. The one with further tokens may be missing where there is an admin
 * token: nobody else is let in then.
 */
function followTokens(
  { auth: { tokensFile, adminTokenFile } }: Config,
  events: FollowEvents<readonly TokenEntry[]>,
): FollowedFiles<readonly TokenEntry[]> | undefined {
  const sources = [
    { path: tokensFile, parse: parseTokens, isOptional: adminTokenFile !== '' },
    { path: adminTokenFile, parse: (text: string) => [parseAdminToken(text)], isOptional: false },
  ].filter(({ path }) => path !== '');
  if (sources.length === 0) return undefined;
  const parse = (contents: readonly (Buffer | undefined)[]): readonly TokenEntry[] =>
    sources.flatMap((source, i) => {
      const bytes = contents[i];
      if (bytes !== undefined) return source.parse(bytes.toString('utf8'));
      if (source.isOptional) return [];
      throw new Error(`the file of API tokens ${source.path} is missing`);
    });
  return new FollowedFiles(
    sources.map(({ path }) => path),
    parse,
    events,
  );
}
