// SPDX-License-Identifier: Apache-2.0
import { createSecureContext } from 'node:tls';
import type { PeerTls } from '../adapters/peers/peer-certificates.ts';
import { FollowedFiles, type FollowEvents } from '../adapters/system/followed-files.ts';

export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * A CA, a certificate and its key, read again when they are replaced.
 * @throws Error when they cannot be read or do not belong together.
 */
export function followTls(
  { caFile, certFile, keyFile }: TlsFiles,
  events: FollowEvents<PeerTls>,
  intervalMs?: number,
): FollowedFiles<PeerTls> {
  const paths = [caFile, certFile, keyFile];
  const parse = (contents: readonly (Buffer | undefined)[]): PeerTls => {
    const [ca, cert, key] = contents;
    if (ca === undefined || cert === undefined || key === undefined) {
      const missing = paths.filter((_, i) => contents[i] === undefined);
      throw new Error(`certificates are missing: ${missing.join(', ')}`);
    }
    // Whatever would fail with the first connection fails here.
    createSecureContext({ ca, cert, key });
    return { ca, cert, key };
  };
  return new FollowedFiles(paths, parse, events, intervalMs);
}
