// SPDX-License-Identifier: Apache-2.0
import type { DeleteOptions, ObjectKey } from '../../src/ports/kube-api.ts';
import type { Manager } from '../apply/managed-fields.ts';
import {
  type Pod,
  type PodDisruptionBudget,
  hasEnded,
  isReady,
  isTerminating,
  podDisruptionBudgets,
  pods,
} from '../kinds/workloads.ts';
import type { Core } from './core.ts';
import { timestamp } from './deletion.ts';
import { failure, notFound } from './failures.ts';
import { matchesSelector } from './label-selector.ts';

const apiServer: Manager = { manager: 'kube-apiserver', operation: 'Update', subresource: 'status' };

/**
 * The eviction subresource of a pod: deletes it when its disruption budget allows.
 * @throws KubeError 404 without such a pod, 429 while the budget is against it, 500 when there are two budgets.
 */
export function evictPod(core: Core, key: ObjectKey, options: DeleteOptions): void {
  const pod = core.get(pods, key);
  if (pod === undefined) throw notFound(pods, key);
  const budgets = core
    .list(podDisruptionBudgets, pod.metadata.namespace)
    .filter((one) => one.spec.selector !== undefined && matchesSelector(pod.metadata.labels, one.spec.selector));
  if (budgets.length > 1) {
    const why = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw failure(500, 'InternalError', why);
  }
  const [budget] = budgets;
  if (budget !== undefined && !isFreeToGo(pod, budget)) takeFrom(core, budget, pod);
  core.delete(pods, key, options);
}

/** Pods that are no help to the budget anyway. */
function isFreeToGo(pod: Pod, budget: PodDisruptionBudget): boolean {
  if (hasEnded(pod) || pod.status?.phase === 'Pending' || isTerminating(pod)) return true;
  if (isReady(pod)) return false;
  if (budget.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const status = budget.status;
  return status !== undefined && status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0;
}

function takeFrom(core: Core, budget: PodDisruptionBudget, pod: Pod): void {
  const status = budget.status;
  const { name } = budget.metadata;
  if (status === undefined || (status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    throw failure(
      429,
      'TooManyRequests',
      `The disruption budget ${name} is still being processed by the server.`,
      10_000,
    );
  }
  if (status.disruptionsAllowed <= 0) {
    const why = `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`;
    throw failure(429, 'TooManyRequests', `Cannot evict pod as it would violate the pod's disruption budget. ${why}`);
  }
  const taken = {
    ...status,
    disruptionsAllowed: status.disruptionsAllowed - 1,
    disruptedPods: { ...status.disruptedPods, [pod.metadata.name]: timestamp(core.nowMs) },
  };
  core.replace(podDisruptionBudgets, { ...budget, status: taken } as PodDisruptionBudget, apiServer);
}
