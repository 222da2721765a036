// SPDX-License-Identifier: Apache-2.0
import { isEqual, plainCopy } from '../objects/json.ts';
import {
  type Pod,
  type PodDisruptionBudget,
  isReady,
  isTerminating,
  podDisruptionBudgets,
  pods,
  statefulSets,
} from '../kinds/workloads.ts';
import type { Core } from '../server/core.ts';
import { matchesSelector } from '../server/label-selector.ts';
import { type Controller, keyOfText, textOf } from './controllers.ts';
import { Hands } from './hands.ts';

/** An evicted pod counts as gone for so long, even when it is not. */
const disruptedForMs = 120_000;

/** Keeps the status of disruption budgets, from which evictions are granted. */
export class DisruptionController implements Controller {
  readonly name = 'disruption';
  readonly #hands: Hands;

  constructor(core: Core) {
    this.#hands = new Hands(core, 'kube-controller-manager');
  }

  keys(): readonly string[] {
    return this.#hands.list(podDisruptionBudgets).map(textOf);
  }

  sync(key: string): void {
    const budget = this.#hands.get(podDisruptionBudgets, keyOfText(key));
    if (budget === undefined) return;
    const { selector } = budget.spec;
    const covered = this.#hands
      .list(pods, budget.metadata.namespace)
      .filter((pod) => selector !== undefined && matchesSelector(pod.metadata.labels, selector));
    const status = statusOf(budget, covered, { expected: this.#expected(covered), nowMs: this.#hands.nowMs });
    if (!isEqual(plainCopy(status), budget.status)) this.#hands.updateStatus(podDisruptionBudgets, budget, status);
  }

  /** Of the controllers of the pods, how many they are meant to have. */
  #expected(covered: readonly Pod[]): number {
    let expected = 0;
    const seen = new Set<string>();
    for (const pod of covered) {
      const owner = pod.metadata.ownerReferences?.find((one) => one.controller);
      if (owner === undefined) expected++;
      if (owner === undefined || seen.has(owner.uid)) continue;
      seen.add(owner.uid);
      const set = this.#hands.get(statefulSets, { namespace: pod.metadata.namespace, name: owner.name });
      expected += set?.metadata.uid === owner.uid ? (set.spec.replicas ?? 1) : 1;
    }
    return expected;
  }
}

function statusOf(
  budget: PodDisruptionBudget,
  covered: readonly Pod[],
  facts: { readonly expected: number; readonly nowMs: number },
): NonNullable<PodDisruptionBudget['status']> {
  const disrupted = Object.fromEntries(
    Object.entries(budget.status?.disruptedPods ?? {}).filter(
      ([name, since]) =>
        Date.parse(since) + disruptedForMs > facts.nowMs &&
        covered.some((pod) => pod.metadata.name === name && !isTerminating(pod)),
    ),
  );
  const healthy = covered.filter(
    (pod) => isReady(pod) && !isTerminating(pod) && disrupted[pod.metadata.name] === undefined,
  );
  const desired = desiredHealthy(budget, facts.expected);
  const allowed = facts.expected === 0 ? 0 : Math.max(0, healthy.length - desired);
  return {
    observedGeneration: budget.metadata.generation ?? 0,
    expectedPods: facts.expected,
    currentHealthy: healthy.length,
    desiredHealthy: desired,
    disruptionsAllowed: allowed,
    ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
    conditions: [
      {
        type: 'DisruptionAllowed',
        status: allowed > 0 ? 'True' : 'False',
        reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      },
    ],
  };
}

function desiredHealthy(budget: PodDisruptionBudget, expected: number): number {
  const { maxUnavailable, minAvailable } = budget.spec;
  if (maxUnavailable !== undefined) return Math.max(0, expected - scaled(maxUnavailable, expected));
  return minAvailable === undefined ? 0 : scaled(minAvailable, expected);
}

function scaled(value: number | string, total: number): number {
  if (typeof value === 'number') return value;
  return Math.ceil((Number(value.replace('%', '')) / 100) * total);
}
