// SPDX-License-Identifier: Apache-2.0
import { pods, statefulSets } from '../kinds/workloads.ts';
import { statefulSet } from './fixtures.ts';
import { type Scenario, sources } from './scenario.ts';
import type { ScenarioTools } from './scenario-tools.ts';

async function upTo(t: ScenarioTools, count: number): Promise<void> {
  for (let ordinal = 0; ordinal < count; ordinal++) await t.becomesReady(`web-${ordinal}`);
}

export const statefulSetScale: readonly Scenario[] = [
  {
    title: 'OrderedReady makes a pod only when all before it are ready',
    source: `${sources.statefulSet}#deployment-and-scaling-guarantees`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t));
      await t.eventually('the first pod is there', async () => (await t.podNames()).length === 1);
      await t.stays('only the first pod is there', async () => (await t.podNames()).join() === 'web-0');
      await t.becomesReady('web-0');
      await t.eventually('the second pod is there', async () => (await t.podNames()).length === 2);
      await t.stays('the third pod waits', async () => (await t.podNames()).join() === 'web-0,web-1');
      await upTo(t, 3);
      await t.eventually(
        'all are counted',
        async () => (await t.must(statefulSets, 'web')).status?.readyReplicas === 3,
      );
    },
  },
  {
    title: 'OrderedReady takes away one pod at a time, the highest ordinal first',
    source: `${sources.statefulSet}#deployment-and-scaling-guarantees`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t));
      await upTo(t, 3);
      const first = await t.must(pods, 'web-0');
      const { resourceVersion } = await t.target.api.list(pods, { namespace: t.namespace }, t.signal);
      await t.apply(statefulSets, statefulSet(t, { replicas: 1 }));
      await t.eventually('one pod is left', async () => (await t.podNames()).join() === 'web-0');
      const events = await t.watched(
        pods,
        { resourceVersion },
        (seen) => seen.filter((one) => one.type === 'DELETED').length === 2,
      );
      const gone = events.flatMap((one) => (one.type === 'DELETED' ? one.object.metadata.name : []));
      t.equal(gone, ['web-2', 'web-1'], 'the order in which they went');
      t.equal((await t.must(pods, 'web-0')).metadata.uid, first.metadata.uid, 'the pod that stayed');
    },
  },
  {
    title: 'Parallel makes all pods at once',
    source: `${sources.statefulSet}#parallel-pod-management`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t, { podManagementPolicy: 'Parallel' }));
      await t.eventually('all pods are there', async () => (await t.podNames()).join() === 'web-0,web-1,web-2');
      const set = await t.must(statefulSets, 'web');
      t.equal(set.status?.readyReplicas ?? 0, 0, 'ready pods');
    },
  },
  {
    title: 'Parallel takes the highest ordinals away, whether pods are ready or not',
    source: `${sources.statefulSet}#parallel-pod-management`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t, { podManagementPolicy: 'Parallel' }));
      await t.eventually('all pods are there', async () => (await t.podNames()).length === 3);
      await t.apply(statefulSets, statefulSet(t, { podManagementPolicy: 'Parallel', replicas: 1 }));
      await t.eventually('one pod is left', async () => (await t.podNames()).join() === 'web-0');
    },
  },
  {
    title: 'a pod that is deleted comes back under its name, as another object',
    source: `${sources.statefulSet}#pod-identity`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t, { replicas: 1 }));
      const first = await t.becomesReady('web-0');
      await t.delete(pods, 'web-0', { uid: first.metadata.uid });
      const second = await t.eventually('another pod of the name', async () => {
        const pod = await t.get(pods, 'web-0');
        return pod !== undefined && pod.metadata.uid !== first.metadata.uid && pod;
      });
      t.equal(second.metadata.deletionTimestamp, undefined, 'its deletion');
    },
  },
  {
    title: 'pods are labelled with their name, ordinal and revision, and owned by the set',
    source: `${sources.statefulSet}#pod-name-label`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t, { replicas: 1 }));
      const pod = await t.becomesReady('web-0');
      const set = await t.eventually('the status is written', async () => {
        const one = await t.must(statefulSets, 'web');
        return one.status?.updateRevision !== undefined && one;
      });
      t.equal(pod.metadata.labels?.['statefulset.kubernetes.io/pod-name'], 'web-0', 'the name');
      t.equal(pod.metadata.labels?.['apps.kubernetes.io/pod-index'], '0', 'the ordinal');
      t.equal(pod.metadata.labels?.['controller-revision-hash'], set.status?.updateRevision, 'the revision');
      const owner = pod.metadata.ownerReferences?.find((one) => one.controller);
      t.equal(owner?.uid, set.metadata.uid, 'the owner');
    },
  },
  {
    title: 'a set that is deleted with its pods orphaned leaves them running, and its successor takes them over',
    source: `${sources.garbageCollection}#orphaned-dependents`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t, { replicas: 2, podManagementPolicy: 'Parallel' }));
      await upTo(t, 2);
      const before = (await t.list(pods)).map((pod) => pod.metadata.uid);
      await t.delete(statefulSets, 'web', { propagation: 'Orphan' });
      await t.eventually('the set is gone', async () => (await t.get(statefulSets, 'web')) === undefined);
      await t.stays('the pods run on', async () => (await t.podNames()).length === 2);
      await t.apply(statefulSets, statefulSet(t, { replicas: 2, podManagementPolicy: 'Parallel' }));
      const uid = (await t.must(statefulSets, 'web')).metadata.uid;
      await t.eventually('the pods are owned again', async () =>
        (await t.list(pods)).every((pod) => pod.metadata.ownerReferences?.[0]?.uid === uid),
      );
      t.equal(
        (await t.list(pods)).map((pod) => pod.metadata.uid),
        before,
        'the pods',
      );
    },
  },
];
