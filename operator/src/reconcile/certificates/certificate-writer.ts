// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { authoritySecret, nodesTlsSecret } from '../../desired/certificates.ts';
import type { ClusterInput } from '../../desired/cluster-input.ts';
import type { Secret } from '../../desired/configuration.ts';
import { issuedAtAnnotation, trustedSinceAnnotation } from '../../desired/names.ts';
import { resources } from '../../desired/resources.ts';
import type { TlsIntent } from '../../plan/intent.ts';
import type { KubeApi } from '../../ports/kube-api.ts';
import type { KeyedCertificate, Pki, Validity } from '../../ports/pki.ts';
import { keyOfObject } from '../../ports/resource-key.ts';
import type { SecretObject } from '../kube-views.ts';
import type { Lookups } from '../lookups.ts';
import { timeText } from '../time-text.ts';
import { secretText } from './secret-states.ts';

/** Clocks of nodes may be behind. */
const backdateMs = 10 * 60_000;
const authorityMinMs = 10 * 365 * 24 * 3_600_000;

/** What certificates are made for, and what there is. */
export interface CertificateStage {
  readonly cluster: ClusterInput;
  readonly tls: TlsIntent;
  readonly authority: SecretObject | undefined;
  readonly nodes: SecretObject | undefined;
  readonly nowMs: number;
}

interface CertificateWriterOptions {
  readonly api: KubeApi;
  readonly fieldManager: string;
  readonly lookups: Lookups;
  readonly pki: Pki;
}

/** Makes the CA of a cluster and the certificate of its nodes. One Secret a call, and never one that has changed since. */
export class CertificateWriter {
  readonly #options: CertificateWriterOptions;

  constructor(options: CertificateWriterOptions) {
    this.#options = options;
  }

  async renewAuthority({ cluster, tls, authority, nowMs }: CertificateStage, signal: AbortSignal): Promise<void> {
    const validity = lasting(nowMs, Math.max(authorityMinMs, 4 * tls.durationMs));
    const made = this.#options.pki.newAuthority(`${cluster.name} CA`, validity);
    await this.#write(authoritySecret(cluster, made), authority, signal);
  }

  /** The newest CA is always among those that are believed. */
  async renewCertificate(
    stage: CertificateStage,
    { issue, drop }: { readonly issue: boolean; readonly drop: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> {
    const { cluster, nodes, nowMs } = stage;
    const { pki } = this.#options;
    const signer = pairOf(stage.authority);
    const [newest] = pki.read(signer.certificate) ?? [];
    assert(newest !== undefined, 'there is a CA before there are certificates');
    const before = pki.read(secretText(nodes, 'ca.crt')) ?? [];
    const kept = before.filter(({ fingerprint }) => fingerprint !== newest.fingerprint && !drop.includes(fingerprint));
    const isNew = !before.some(({ fingerprint }) => fingerprint === newest.fingerprint);
    const pair = issue ? this.#issue(stage, signer, newest) : pairOf(nodes);
    const now = timeText(nowMs);
    const annotations = nodes?.metadata.annotations;
    const trustedSince = isNew ? now : (annotations?.[trustedSinceAnnotation] ?? now);
    const issuedAt = issue ? now : (annotations?.[issuedAtAnnotation] ?? now);
    const authorities = [newest, ...kept].map(({ pem }) => pem);
    await this.#write(nodesTlsSecret(cluster, { ...pair, authorities, trustedSince, issuedAt }), nodes, signal);
  }

  #issue({ cluster, tls, nowMs }: CertificateStage, signer: KeyedCertificate, authority: Validity): KeyedCertificate {
    const { notBeforeMs, notAfterMs } = lasting(nowMs, tls.durationMs);
    const validity = {
      notBeforeMs: Math.max(notBeforeMs, authority.notBeforeMs),
      notAfterMs: Math.min(notAfterMs, authority.notAfterMs),
    };
    return this.#options.pki.issue(signer, `${cluster.name} nodes`, tls.dnsNames, validity);
  }

  async #write(wanted: Secret, found: SecretObject | undefined, signal: AbortSignal): Promise<void> {
    const { api, fieldManager, lookups } = this.#options;
    const secret = encoded(wanted);
    try {
      const written =
        found === undefined
          ? await api.create(resources.secret, secret, signal)
          : await api.apply(resources.secret, over(secret, found), { fieldManager, force: true }, signal);
      lookups.put(resources.secret, written);
    } catch (error) {
      lookups.forget(resources.secret, keyOfObject(secret));
      throw error;
    }
  }
}

/** Texts that are applied as such have no owner afterwards, so that nobody could take them back. */
function encoded({ stringData, ...secret }: Secret): SecretObject {
  return { ...secret, data: Object.fromEntries(Object.entries(stringData).map(([key, text]) => [key, btoa(text)])) };
}

/** Refused by the server when it is another one, or has changed. The type of a Secret cannot change. */
function over(secret: SecretObject, { metadata, type }: SecretObject): SecretObject {
  const { uid, resourceVersion } = metadata;
  assert(uid !== undefined && resourceVersion !== undefined, 'a Secret that was read has a version');
  return { ...secret, metadata: { ...secret.metadata, uid, resourceVersion }, ...(type === undefined ? {} : { type }) };
}

function pairOf(secret: SecretObject | undefined): KeyedCertificate {
  return { certificate: secretText(secret, 'tls.crt'), key: secretText(secret, 'tls.key') };
}

function lasting(nowMs: number, durationMs: number): Validity {
  return { notBeforeMs: nowMs - backdateMs, notAfterMs: nowMs + durationMs };
}
