// SPDX-License-Identifier: Apache-2.0
import { clusterUidAnnotation, issuedAtAnnotation, objectLabels, trustedSinceAnnotation } from '../../desired/names.ts';
import type { AuthorityState, CertificateState, SecretState } from '../../plan/observed.ts';
import type { ObjectMeta } from '../../ports/kube-api.ts';
import type { CertificateFacts, Pki } from '../../ports/pki.ts';
import type { SecretObject } from '../kube-views.ts';

/** The text under a key of a Secret; empty when there is none. */
export function secretText(secret: SecretObject | undefined, key: string): string {
  try {
    return atob(secret?.data?.[key] ?? '');
  } catch {
    return '';
  }
}

/** The cluster to which a Secret belongs. */
export type Owner = Pick<ObjectMeta, 'name' | 'uid'>;

/** What Secrets with certificates hold. An object that was read before is not read again. */
export class SecretStates {
  readonly #pki: Pki;
  readonly #authorities = new WeakMap<SecretObject, AuthorityState | string>();
  readonly #certificates = new WeakMap<SecretObject, CertificateState | string>();

  constructor(pki: Pki) {
    this.#pki = pki;
  }

  /** `cluster`: to which the Secret must belong; undefined: whose it is does not matter. */
  authority(secret: SecretObject | undefined, cluster: Owner | undefined): SecretState<AuthorityState> {
    return stateOf(secret, cluster, (found) => once(this.#authorities, found, () => readAuthority(found, this.#pki)));
  }

  /** `cluster`: as above. */
  certificate(secret: SecretObject | undefined, cluster: Owner | undefined): SecretState<CertificateState> {
    return stateOf(secret, cluster, (found) =>
      once(this.#certificates, found, () => readCertificate(found, this.#pki)),
    );
  }
}

function once<T>(known: WeakMap<SecretObject, T>, secret: SecretObject, read: () => T): T {
  const content = known.get(secret) ?? read();
  known.set(secret, content);
  return content;
}

function stateOf<T extends object>(
  secret: SecretObject | undefined,
  cluster: Owner | undefined,
  read: (secret: SecretObject) => T | string,
): SecretState<T> {
  if (secret === undefined) return { kind: 'missing' };
  if (cluster !== undefined && !isOurs(secret, cluster)) {
    const [owner] = secret.metadata.ownerReferences ?? [];
    return { kind: 'foreign', owner: owner === undefined ? undefined : `${owner.kind} ${owner.name} (${owner.uid})` };
  }
  const content = read(secret);
  return typeof content === 'string' ? { kind: 'damaged', problem: content } : { kind: 'whole', content };
}

/**
 * Also one without an owner that bears our labels: it was made for a cluster of this name that was deleted without its objects, or
 * comes from a backup, and the nodes that run believe in it.
 */
function isOurs({ metadata }: SecretObject, { name, uid }: Owner): boolean {
  const { annotations, labels, ownerReferences: owners = [] } = metadata;
  if (uid !== undefined && annotations?.[clusterUidAnnotation] === uid) return true;
  if (owners.length > 0) return owners.some((owner) => owner.uid === uid);
  return Object.entries(objectLabels(name)).every(([label, value]) => labels?.[label] === value);
}

/** @returns what is wrong with it, in words, where something is. */
function readAuthority(secret: SecretObject, pki: Pki): AuthorityState | string {
  const pair = { certificate: secretText(secret, 'tls.crt'), key: secretText(secret, 'tls.key') };
  const [certificate] = pki.read(pair.certificate) ?? [];
  if (certificate?.isAuthority !== true) return 'tls.crt is not the certificate of a CA';
  return pki.belongs(pair) ? certificate : 'tls.key is not the key of tls.crt';
}

/** The same of the certificate that nodes show. */
function readCertificate(secret: SecretObject, pki: Pki): CertificateState | string {
  const pair = { certificate: secretText(secret, 'tls.crt'), key: secretText(secret, 'tls.key') };
  const authorities = pki.read(secretText(secret, 'ca.crt'));
  const chain = pki.read(pair.certificate);
  const [certificate] = chain ?? [];
  if (authorities === undefined) return 'ca.crt has no certificate of a CA';
  if (chain === undefined || certificate === undefined) return 'tls.crt is no certificate';
  if (!pki.belongs(pair)) return 'tls.key is not the key of tls.crt';
  const issuer = issuerOf(chain, authorities, pki);
  if (issuer === undefined) return 'tls.crt is signed by no CA of ca.crt';
  return {
    trusted: authorities.map(({ fingerprint }) => fingerprint),
    issuer: issuer.fingerprint,
    notAfterMs: certificate.notAfterMs,
    dnsNames: certificate.dnsNames,
    trustedSinceMs: timeOf(secret, trustedSinceAnnotation),
    issuedAtMs: timeOf(secret, issuedAtAnnotation),
  };
}

/** Of the certificate, or of one of those that follow it. */
function issuerOf(
  chain: readonly CertificateFacts[],
  authorities: readonly CertificateFacts[],
  pki: Pki,
): CertificateFacts | undefined {
  return authorities.find((authority) => chain.some(({ pem }) => pki.isSignedBy(pem, authority.pem)));
}

function timeOf({ metadata }: SecretObject, annotation: string): number | undefined {
  const ms = Date.parse(metadata.annotations?.[annotation] ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}
