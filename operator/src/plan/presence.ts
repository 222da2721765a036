// SPDX-License-Identifier: Apache-2.0
import { certificatesProblem } from './certificates.ts';
import { readinessOf } from './disruption.ts';
import type { Intent } from './intent.ts';
import { podName } from '../desired/names.ts';
import { hasLeft, nodeOf, podOf } from './nodes-of-pods.ts';
import type { Observed } from './observed.ts';
import type { Part } from './step.ts';

/**
 * How many pods there should be, as long as none has to leave for good: creation, suspension, its end, and more of them. After a
 * suspension all members come back before anything else: the volumes say how many there were.
 */
export function planPresence(observed: Observed, intent: Intent): Part {
  const { statefulSet } = observed;
  if (intent.isSuspended) return planSuspension(observed);
  const members = memberCount(observed);
  const running = statefulSet?.replicas ?? 0;
  const problem = running === 0 ? certificatesProblem(observed, intent) : undefined;
  if (problem !== undefined) return { steps: [], waitingFor: problem };
  if (running === 0 && members > 0)
    return setReplicas(members, `there are volumes of ${members} pods, which come back as they were`);
  if (running === 0) return setReplicas(intent.replicas, 'the cluster is new');
  if (intent.replicas > running)
    return setReplicas(intent.replicas, `spec.replicas is ${intent.replicas}, and ${running} pods are there`);
  return { steps: [] };
}

/** How many pods there were: a volume that nobody has used yet is no reason for another one. */
function memberCount({ pods, claims }: Observed): number {
  const count = (all: readonly { readonly ordinal: number }[]): number =>
    Math.max(0, ...all.map(({ ordinal }) => ordinal + 1));
  const known = count([...pods, ...claims.filter(({ nodeId }) => nodeId !== undefined)]);
  return known === 0 ? count(claims) : known;
}

function planSuspension({ statefulSet, pods }: Observed): Part {
  if (statefulSet !== undefined && statefulSet.replicas > 0)
    return setReplicas(0, 'spec.suspend is true: the pods go, the volumes stay');
  const [left] = pods;
  return { steps: [], waitingFor: left === undefined ? undefined : `pod ${left.name} to end` };
}

function setReplicas(replicas: number, reason: string): Part {
  return { steps: [{ action: { kind: 'setReplicas', replicas }, reason }] };
}

/** What is still on its way after the number of pods was set; those that are to leave, or to stand still, need not arrive. */
export function planArrival(observed: Observed, intent: Intent): Part {
  const replicas = Math.min(observed.statefulSet?.replicas ?? 0, intent.replicas);
  for (let ordinal = 0; ordinal < replicas; ordinal++) {
    const name = podName(intent.name, ordinal);
    const pod = podOf(observed, ordinal);
    if (hasLeft(observed, intent, ordinal)) continue;
    if (pod === undefined) return { steps: [], waitingFor: `pod ${name} to be made` };
    if (pod.isDeleting) return { steps: [], waitingFor: `pod ${name} to end` };
    if (intent.fencedPods.includes(name)) continue;
    if (!pod.isReady) return { steps: [], waitingFor: readinessOf(pod) };
    if (observed.store !== undefined && nodeOf(observed, intent.name, ordinal) === undefined)
      return { steps: [], waitingFor: `pod ${name} to join the cluster` };
  }
  const left = observed.pods.find(({ ordinal }) => ordinal >= (observed.statefulSet?.replicas ?? 0));
  return { steps: [], waitingFor: left === undefined ? undefined : `pod ${left.name} to end` };
}
