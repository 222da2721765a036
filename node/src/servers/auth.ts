// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from 'node:crypto';

export const scopes = ['api', 'admin'] as const;
/** `admin` includes `api`. */
export type Scope = (typeof scopes)[number];

export interface TokenEntry {
  readonly scope: Scope;
  /** SHA-256 of the token: whoever reads the file cannot use it. */
  readonly hash: Buffer;
  readonly name: string;
}

export interface Credentials {
  /** The value of the header or metadata field `authorization`. */
  readonly authorization: string | undefined;
  /** The connection showed a certificate that the configured CA signed. */
  readonly hasClientCertificate: boolean;
}

export type AuthResult =
  | { readonly kind: 'granted'; readonly name: string }
  | { readonly kind: 'unauthenticated' }
  | { readonly kind: 'forbidden' };

export interface Authenticator {
  /** False: everyone is let in, and the listeners must be bound to the loopback. */
  readonly isConfigured: boolean;
  authenticate(credentials: Credentials, wanted: Scope): AuthResult;
}

const maxTokens = 1000;

/**
 * Reads a tokens file: one `scope sha256hex name` a line, `#` starts a comment.
 * @throws Error that names the line, never its content.
 */
export function parseTokens(text: string): readonly TokenEntry[] {
  const entries: TokenEntry[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const content = line.replace(/#.*$/, '').trim();
    if (content === '') continue;
    const match = /^(api|admin)\s+([0-9a-fA-F]{64})\s+(\S.*)$/.exec(content);
    const [, scope, hash, name] = match ?? [];
    if (!isScope(scope) || hash === undefined || name === undefined) {
      throw new Error(`tokens file: line ${i + 1} is not "api|admin sha256hex name"`);
    }
    entries.push({ scope, hash: Buffer.from(hash, 'hex'), name });
  }
  if (entries.length > maxTokens) throw new Error(`tokens file: more than ${maxTokens} tokens`);
  return entries;
}

/**
 * The content of a file that is one token of scope admin, such as a key of a mounted Secret.
 * @throws Error that says what is wrong, never with the content.
 */
export function parseAdminToken(text: string): TokenEntry {
  const token = text.trim();
  if (!/^[\x21-\x7e]{1,512}$/.test(token))
    throw new Error('the file of the admin token does not hold one token of 1 to 512 visible ASCII characters');
  return { scope: 'admin', hash: createHash('sha256').update(token).digest(), name: 'admin token' };
}

function isScope(text: string | undefined): text is Scope {
  return scopes.some((scope) => scope === text);
}

/**
 * `tokens`: those that count now; undefined: none are configured. An empty list is a configuration that lets nobody in.
 */
export function newAuthenticator(
  tokens: (() => readonly TokenEntry[]) | undefined,
  acceptsCertificates = false,
): Authenticator {
  if (tokens === undefined && !acceptsCertificates) {
    return { isConfigured: false, authenticate: () => ({ kind: 'granted', name: 'anonymous' }) };
  }
  return {
    isConfigured: true,
    authenticate: ({ authorization, hasClientCertificate }, wanted) => {
      if (acceptsCertificates && hasClientCertificate) return { kind: 'granted', name: 'client certificate' };
      const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1];
      const entry = token === undefined ? undefined : findToken(tokens?.() ?? [], token);
      if (entry === undefined) return { kind: 'unauthenticated' };
      if (wanted === 'admin' && entry.scope !== 'admin') return { kind: 'forbidden' };
      return { kind: 'granted', name: entry.name };
    },
  };
}

/** Looks at every entry, so that the time tells nothing about which one is nearest. */
function findToken(tokens: readonly TokenEntry[], token: string): TokenEntry | undefined {
  const hash = createHash('sha256').update(token).digest();
  let found: TokenEntry | undefined;
  for (const entry of tokens) {
    if (timingSafeEqual(entry.hash, hash)) found = entry;
  }
  return found;
}
