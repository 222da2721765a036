// SPDX-License-Identifier: Apache-2.0
import {
  type Pod,
  type StatefulSet,
  type StatefulSetStatus,
  conditionOf,
  isReady,
  isTerminating,
} from '../../kinds/workloads.ts';
import { revisionLabel } from './identity.ts';
import type { Pass } from './pass.ts';

export function isAvailable(set: StatefulSet, pod: Pod, nowMs: number): boolean {
  if (!isReady(pod)) return false;
  const since = Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? '');
  const minReadyMs = (set.spec.minReadySeconds ?? 0) * 1000;
  return minReadyMs === 0 || since + minReadyMs <= nowMs;
}

/** What the controller says of the set. Pods on their way out count as replicas, but as of no revision. */
export function statusOf(pass: Pass): StatefulSetStatus {
  const { set, current, update, hands } = pass;
  const all = pass.own.map(({ pod }) => pod);
  const ofRevision = (name: string): number =>
    all.filter((pod) => !isTerminating(pod) && pod.metadata.labels?.[revisionLabel] === name).length;
  const ready = all.filter(isReady).length;
  const updated = ofRevision(update.name);
  const replicas = set.spec.replicas ?? 1;
  const isRolling = pass.onDeleteFinishes || set.spec.updateStrategy?.type === 'RollingUpdate';
  // With OnDelete the current revision never moved before Kubernetes 1.36 (kubernetes/kubernetes#73492, #136833).
  const isComplete = isRolling && updated === replicas && ready === replicas && all.length === replicas;
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: all.length,
    readyReplicas: ready,
    availableReplicas: all.filter((pod) => isAvailable(set, pod, hands.nowMs)).length,
    currentReplicas: isComplete ? updated : ofRevision(current.name),
    updatedReplicas: updated,
    currentRevision: isComplete ? update.name : current.name,
    updateRevision: update.name,
    collisionCount: 0,
  };
}
