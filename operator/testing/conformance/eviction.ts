// SPDX-License-Identifier: Apache-2.0
import { type PodDisruptionBudget, podDisruptionBudgets, pods, statefulSets } from '../kinds/workloads.ts';
import { labels, statefulSet } from './fixtures.ts';
import { type Scenario, sources } from './scenario.ts';
import type { ScenarioTools } from './scenario-tools.ts';

function budget(spec: Partial<PodDisruptionBudget['spec']> = {}): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels }, ...spec },
  };
}

/** Three pods of which the first `ready` are ready, and their budget, looked at by its controller. */
async function three(t: ScenarioTools, ready: number, spec: Partial<PodDisruptionBudget['spec']> = {}): Promise<void> {
  await t.apply(statefulSets, statefulSet(t, { podManagementPolicy: 'Parallel' }));
  await t.apply(podDisruptionBudgets, budget(spec));
  for (let ordinal = 0; ordinal < ready; ordinal++) await t.becomesReady(`web-${ordinal}`);
  await t.eventually('all pods run and are counted', async () => {
    const all = await t.list(pods);
    const { status } = await t.must(podDisruptionBudgets, 'web');
    const running = all.filter((pod) => pod.status?.phase === 'Running').length;
    return running === 3 && status?.expectedPods === 3 && status.currentHealthy === ready;
  });
}

export const eviction: readonly Scenario[] = [
  {
    title: 'is granted while the budget allows, and answered with 429 when it does not',
    source: `${sources.eviction}#how-api-initiated-eviction-works`,
    async run(t: ScenarioTools) {
      await three(t, 3);
      const first = await t.must(pods, 'web-0');
      await t.evict('web-0');
      t.equal(await t.refusal(() => t.evict('web-1')), '429 TooManyRequests', 'the second eviction');
      await t.eventually('the pod is made again', async () => {
        const pod = await t.get(pods, 'web-0');
        return pod !== undefined && pod.metadata.uid !== first.metadata.uid;
      });
      t.equal(await t.refusal(() => t.evict('web-1')), '429 TooManyRequests', 'before its successor is ready');
      await t.becomesReady('web-0');
      await t.eventually(
        'the next eviction is granted',
        async () => (await t.refusal(() => t.evict('web-1'))) === 'done',
      );
    },
  },
  {
    title: 'of a running pod that is not ready is refused when the others are too few',
    source: `${sources.disruptionBudget}#unhealthy-pod-eviction-policy`,
    async run(t: ScenarioTools) {
      await three(t, 1);
      t.equal(await t.refusal(() => t.evict('web-2')), '429 TooManyRequests', 'the answer');
    },
  },
  {
    title: 'of a running pod that is not ready is always granted with AlwaysAllow',
    source: `${sources.disruptionBudget}#unhealthy-pod-eviction-policy`,
    async run(t: ScenarioTools) {
      await three(t, 1, { unhealthyPodEvictionPolicy: 'AlwaysAllow' });
      t.equal(await t.refusal(() => t.evict('web-2')), 'done', 'of one that is not ready');
      t.equal(await t.refusal(() => t.evict('web-0')), '429 TooManyRequests', 'of one that is');
    },
  },
  {
    title: 'needs a pod',
    source: sources.eviction,
    async run(t: ScenarioTools) {
      t.equal(await t.refusal(() => t.evict('none')), '404 NotFound', 'the answer');
    },
  },
];
