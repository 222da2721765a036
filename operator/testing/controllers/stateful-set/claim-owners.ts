// SPDX-License-Identifier: Apache-2.0
import type { OwnerReference } from '../../../src/ports/kube-api.ts';
import { type PersistentVolumeClaim, claims } from '../../kinds/infrastructure.ts';
import { type Pod, type StatefulSet, pods, statefulSets } from '../../kinds/workloads.ts';
import { isEqual } from '../../objects/json.ts';
import type { Hands } from '../hands.ts';
import { claimNames } from './identity.ts';

/**
 * `persistentVolumeClaimRetentionPolicy` by owner references: a claim that is to go with the set is owned by the set, one
 * that is to go with a pod that is scaled away by that pod. The garbage collector does the rest.
 */
export function keepClaimOwners(
  hands: Hands,
  set: StatefulSet,
  pod: Pod,
  where: { ordinal: number; isCondemned: boolean },
): void {
  const policy = set.spec.persistentVolumeClaimRetentionPolicy;
  for (const name of claimNames(set, where.ordinal)) {
    const claim = hands.get(claims, { namespace: set.metadata.namespace, name });
    if (claim === undefined) continue;
    const others = (claim.metadata.ownerReferences ?? []).filter((one) => !isOurs(one, set, pod));
    const owner = ownerOf(policy, set, pod, where.isCondemned);
    const wanted = owner === undefined ? others : [...others, owner];
    if (!isEqual(wanted, claim.metadata.ownerReferences ?? [])) setOwners(hands, claim, wanted);
  }
}

function isOurs(reference: OwnerReference, set: StatefulSet, pod: Pod): boolean {
  if (reference.kind === statefulSets.kind) return reference.name === set.metadata.name;
  return reference.kind === pods.kind && reference.name === pod.metadata.name;
}

function ownerOf(
  policy: StatefulSet['spec']['persistentVolumeClaimRetentionPolicy'],
  set: StatefulSet,
  pod: Pod,
  isCondemned: boolean,
): OwnerReference | undefined {
  if (isCondemned && policy?.whenScaled === 'Delete') return referenceTo(pods, pod);
  return policy?.whenDeleted === 'Delete' ? referenceTo(statefulSets, set) : undefined;
}

function referenceTo(resource: { apiVersion: string; kind: string }, owner: Pod | StatefulSet): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion: resource.apiVersion, kind: resource.kind, name, uid: uid ?? '' };
}

function setOwners(hands: Hands, claim: PersistentVolumeClaim, ownerReferences: readonly OwnerReference[]): void {
  hands.update(claims, { ...claim, metadata: { ...claim.metadata, ownerReferences } });
}
