// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type https from 'node:https';

type TlsOptions = Pick<
  https.AgentOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername'
>;

/** What of a request's options decides about its TLS connection, and a text that is equal exactly when all of it is. */
export function canonicalTls(options: https.RequestOptions): { readonly key: string; readonly tls: TlsOptions } {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  const tls: TlsOptions = {};
  if (ca !== undefined) tls.ca = ca;
  if (cert !== undefined) tls.cert = cert;
  if (key !== undefined) tls.key = key;
  if (pfx !== undefined) tls.pfx = pfx;
  if (passphrase !== undefined) tls.passphrase = passphrase;
  if (rejectUnauthorized !== undefined) tls.rejectUnauthorized = rejectUnauthorized;
  if (servername !== undefined) tls.servername = servername;
  // A digest, so that no second copy of a private key lies in memory.
  const digest = createHash('sha256').update(JSON.stringify(tls)).digest('hex');
  return { key: digest, tls };
}
