// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { objectNames } from '../desired/names.ts';
import { resources } from '../desired/resources.ts';
import type { TlsIntent } from '../plan/intent.ts';
import type { CertificatesState } from '../plan/observed.ts';
import { KubeError } from '../ports/kube-api.ts';
import type { KubeObject, ObjectKey } from '../ports/kube-api.ts';
import type { SecretStates } from './certificates/secret-states.ts';
import type { SecretObject } from './kube-views.ts';
import type { Lookups } from './lookups.ts';
import { clusters } from './watched.ts';

/** On Secrets that cert-manager has made. */
const certManagerAnnotation = 'cert-manager.io/certificate-name';

/** Objects of a cluster that are not followed, as far as the operator makes or judges them. */
export interface LookedAt {
  readonly tokens: SecretObject | undefined;
  readonly authority: SecretObject | undefined;
  readonly nodes: SecretObject | undefined;
  /** Asks cert-manager for `nodes`. */
  readonly request: KubeObject | undefined;
  /** Why cert-manager cannot be asked, in words. */
  readonly makerProblem: string | undefined;
}

/** As before anything was made. */
export const nothingLookedAt: LookedAt = {
  tokens: undefined,
  authority: undefined,
  nodes: undefined,
  request: undefined,
  makerProblem: undefined,
};

export async function lookAtSecrets(
  { metadata, spec }: ShortLinkCluster,
  tls: TlsIntent | undefined,
  lookups: Lookups,
  signal: AbortSignal,
): Promise<LookedAt> {
  const { namespace } = metadata;
  const { adminToken, nodesTls } = objectNames(metadata.name);
  const secret = async (name: string): Promise<SecretObject | undefined> => {
    const key = { namespace, name };
    const found: SecretObject | undefined = await lookups.get(resources.secret, key, signal);
    if (found === undefined || !isOfAnother(found, metadata.uid)) return found;
    lookups.forget(resources.secret, key);
    return lookups.get(resources.secret, key, signal);
  };
  const nodes = tls === undefined ? undefined : await secret(tls.nodesSecret);
  const isCertManagers = nodes?.metadata.annotations?.[certManagerAnnotation] === nodesTls;
  const request =
    tls?.mode === 'CertManager' || isCertManagers
      ? await lookAtRequest({ namespace, name: nodesTls }, lookups, signal)
      : {};
  return {
    tokens: spec.apiTokens.secretRef === undefined ? await secret(adminToken) : undefined,
    authority: tls?.mode === 'Managed' ? await secret(tls.authoritySecret) : undefined,
    nodes,
    request: request.found,
    makerProblem: request.problem,
  };
}

/** Of a cluster of the same name that was there before: the garbage collector takes it away, or has done so by now. */
function isOfAnother({ metadata }: SecretObject, clusterUid: string | undefined): boolean {
  const owners = metadata.ownerReferences?.filter(({ kind }) => kind === clusters.kind) ?? [];
  return owners.length > 0 && owners.every(({ uid }) => uid !== clusterUid);
}

async function lookAtRequest(
  key: ObjectKey,
  lookups: Lookups,
  signal: AbortSignal,
): Promise<{ readonly found?: KubeObject | undefined; readonly problem?: string }> {
  try {
    return { found: await lookups.get(resources.certificate, key, signal) };
  } catch (error) {
    const status = error instanceof KubeError ? error.status : undefined;
    // The kind itself is not there: a missing object is no error.
    if (status === 404) return { problem: 'cert-manager to be installed: the server knows no cert-manager.io/v1' };
    if (status === 403) return { problem: 'the right to read and write certificates of cert-manager.io' };
    throw error;
  }
}

/** Somebody may put right what cannot be used, and should not have to wait: it is looked at again the next time. */
export function forgetUnusable(
  { metadata: { namespace } }: ShortLinkCluster,
  tls: TlsIntent | undefined,
  state: CertificatesState | undefined,
  lookups: Lookups,
): void {
  if (tls === undefined || state === undefined) return;
  const secrets = [
    { name: tls.authoritySecret, kind: state.authority.kind },
    { name: tls.nodesSecret, kind: state.nodes.kind },
  ];
  for (const { name, kind } of secrets)
    if (kind === 'foreign' || kind === 'damaged') lookups.forget(resources.secret, { namespace, name });
}

export function certificatesState(
  { metadata }: ShortLinkCluster,
  tls: TlsIntent | undefined,
  { authority, nodes, request, makerProblem }: LookedAt,
  states: SecretStates,
): CertificatesState | undefined {
  if (tls === undefined) return undefined;
  return {
    isRequested: request?.metadata.ownerReferences?.some((owner) => owner.uid === metadata.uid) === true,
    makerProblem,
    authority: states.authority(authority, metadata),
    // Whoever else makes it owns it.
    nodes: states.certificate(nodes, tls.mode === 'Managed' ? metadata : undefined),
  };
}
