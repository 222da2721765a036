// SPDX-License-Identifier: Apache-2.0
import { claims } from '../../kinds/infrastructure.ts';
import { type Pod, type StatefulSet, hasEnded, isReady, isTerminating, pods } from '../../kinds/workloads.ts';
import type { Hands } from '../hands.ts';
import { keepClaimOwners } from './claim-owners.ts';
import { claimsFor, firstOrdinal, identityLabels, newPod, revisionLabel } from './identity.ts';
import type { Revision } from './revisions.ts';
import { isAvailable } from './status.ts';

interface OwnPod {
  readonly ordinal: number;
  readonly pod: Pod;
}

/** One look at a set and its pods. */
export interface Pass {
  readonly hands: Hands;
  readonly set: StatefulSet;
  readonly current: Revision;
  readonly update: Revision;
  readonly own: readonly OwnPod[];
  /** Whether the status says that an update is complete with OnDelete too, as since Kubernetes 1.36. */
  readonly onDeleteFinishes: boolean;
}

function isOrdered(pass: Pass): boolean {
  return pass.set.spec.podManagementPolicy !== 'Parallel';
}

function isWanted(pass: Pass, ordinal: number): boolean {
  const first = firstOrdinal(pass.set);
  return ordinal >= first && ordinal < first + (pass.set.spec.replicas ?? 1);
}

function wantedOrdinals(pass: Pass): readonly number[] {
  return Array.from({ length: pass.set.spec.replicas ?? 1 }, (_each, i) => firstOrdinal(pass.set) + i);
}

/** From the highest ordinal down: the order in which pods leave. */
function condemned(pass: Pass): readonly OwnPod[] {
  return pass.own.filter((one) => !isWanted(pass, one.ordinal)).toSorted((a, b) => b.ordinal - a.ordinal);
}

function isHealthy(pod: Pod): boolean {
  return isReady(pod) && !isTerminating(pod);
}

/** Makes missing pods and removes superfluous ones; false when the rest of the work has to wait for one of them. */
export function processPods(pass: Pass): boolean {
  let isDone = true;
  for (const ordinal of wantedOrdinals(pass)) {
    const go = processReplica(pass, ordinal);
    if (go === 'next') continue;
    if (isOrdered(pass)) return false;
    isDone = false;
  }
  if (!isDone) return false;
  for (const { ordinal, pod } of condemned(pass))
    keepClaimOwners(pass.hands, pass.set, pod, { ordinal, isCondemned: true });
  return processCondemned(pass);
}

function processReplica(pass: Pass, ordinal: number): 'next' | 'wait' {
  const { hands, set } = pass;
  const pod = pass.own.find((one) => one.ordinal === ordinal)?.pod;
  if (pod !== undefined && hasEnded(pod)) {
    if (!isTerminating(pod)) hands.delete(pods, pod);
    return 'wait';
  }
  if (pod === undefined) {
    if (!createPod(pass, ordinal)) return 'wait';
    return isOrdered(pass) ? 'wait' : 'next';
  }
  if (pod.status?.phase === 'Pending' && !isTerminating(pod)) createClaims(pass, ordinal);
  if (isOrdered(pass) && (!isHealthy(pod) || !isAvailable(set, pod, hands.nowMs))) return 'wait';
  if (isTerminating(pod)) return 'next';
  keepClaimOwners(hands, set, pod, { ordinal, isCondemned: false });
  restoreIdentity(pass, ordinal, pod);
  return 'next';
}

/** False while a claim of that name is still going: a pod must not get a volume that is about to vanish. */
function createClaims(pass: Pass, ordinal: number): boolean {
  const { hands, set } = pass;
  return claimsFor(set, ordinal).every((claim) => {
    const key = { namespace: set.metadata.namespace, name: claim.metadata.name };
    const found = hands.get(claims, key);
    if (found === undefined) hands.create(claims, claim);
    return found === undefined || !isTerminating(found);
  });
}

function createPod(pass: Pass, ordinal: number): boolean {
  const { hands, set } = pass;
  if (!createClaims(pass, ordinal)) return false;
  // A pod of that name that is not ours, or not ours any more, is in the way.
  const name = newPod(set, set.spec.template, ordinal, '').metadata.name;
  if (hands.get(pods, { namespace: set.metadata.namespace, name }) !== undefined) return false;
  const revision = needsCurrent(pass, ordinal) ? pass.current : pass.update;
  hands.create(pods, newPod(set, revision.template, ordinal, revision.name));
  return true;
}

/** Below the partition a pod that is made again stays what it was. */
function needsCurrent(pass: Pass, ordinal: number): boolean {
  const { updateStrategy } = pass.set.spec;
  if (updateStrategy?.type !== 'RollingUpdate') return false;
  return ordinal < firstOrdinal(pass.set) + (updateStrategy.rollingUpdate?.partition ?? 0);
}

function restoreIdentity(pass: Pass, ordinal: number, pod: Pod): void {
  const labels = identityLabels(pass.set, ordinal);
  if (Object.entries(labels).every(([name, value]) => pod.metadata.labels?.[name] === value)) return;
  const current = pass.hands.get(pods, { namespace: pod.metadata.namespace, name: pod.metadata.name }) ?? pod;
  pass.hands.update(pods, {
    ...current,
    metadata: { ...current.metadata, labels: { ...current.metadata.labels, ...labels } },
  });
}

function processCondemned(pass: Pass): boolean {
  const leaving = condemned(pass);
  const firstUnhealthy = pass.own
    .toSorted((a, b) => Number(isWanted(pass, b.ordinal)) - Number(isWanted(pass, a.ordinal)) || a.ordinal - b.ordinal)
    .find(({ pod }) => !isHealthy(pod))?.pod;
  for (const { pod } of leaving) {
    if (isTerminating(pod)) {
      if (isOrdered(pass)) return false;
      continue;
    }
    if (isOrdered(pass) && !isReady(pod) && pod !== firstUnhealthy) return false;
    pass.hands.delete(pods, pod);
    if (isOrdered(pass)) return false;
  }
  return true;
}

/** RollingUpdate: the highest ordinal of an old revision goes when all above it are healthy. OnDelete: never. */
export function updatePods(pass: Pass): void {
  const { updateStrategy } = pass.set.spec;
  if (updateStrategy?.type !== 'RollingUpdate') return;
  const lowest = firstOrdinal(pass.set) + (updateStrategy.rollingUpdate?.partition ?? 0);
  for (const ordinal of wantedOrdinals(pass).toReversed()) {
    if (ordinal < lowest) return;
    const pod = pass.own.find((one) => one.ordinal === ordinal)?.pod;
    if (pod === undefined) return;
    if (pod.metadata.labels?.[revisionLabel] !== pass.update.name && !isTerminating(pod)) {
      pass.hands.delete(pods, pod);
      return;
    }
    if (!isHealthy(pod)) return;
  }
}
