// SPDX-License-Identifier: Apache-2.0
import { type StatefulSet, pods, statefulSets } from '../kinds/workloads.ts';
import { claimTemplates, statefulSet } from './fixtures.ts';
import { type Scenario, sources } from './scenario.ts';
import type { ScenarioTools } from './scenario-tools.ts';

const onDelete = { podManagementPolicy: 'Parallel', updateStrategy: { type: 'OnDelete' } };

function rolling(partition: number): Partial<StatefulSet['spec']> {
  return { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } } };
}

async function versionOf(t: ScenarioTools, pod: string): Promise<string | undefined> {
  return (await t.get(pods, pod))?.metadata.annotations?.['version'];
}

async function observed(t: ScenarioTools): Promise<StatefulSet> {
  return t.eventually('the newest generation is observed', async () => {
    const set = await t.must(statefulSets, 'web');
    return set.status?.observedGeneration === set.metadata.generation && set;
  });
}

async function ready(t: ScenarioTools, count: number): Promise<void> {
  for (let ordinal = 0; ordinal < count; ordinal++) await t.becomesReady(`web-${ordinal}`);
}

export const statefulSetUpdates: readonly Scenario[] = [
  {
    title: 'OnDelete restarts nothing by itself; a pod that is deleted comes back with the new template',
    source: `${sources.statefulSet}#update-strategies`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t, onDelete));
      await ready(t, 3);
      const before = (await t.list(pods)).map((pod) => pod.metadata.uid).toSorted();
      const old = (await observed(t)).status?.updateRevision;
      await t.apply(statefulSets, statefulSet(t, onDelete, { version: '2' }));
      const set = await observed(t);
      t.check(set.status?.updateRevision !== old, 'the revision is another one');
      await t.stays('no pod is replaced', async () => {
        return (
          (await t.list(pods))
            .map((pod) => pod.metadata.uid)
            .toSorted()
            .join() === before.join()
        );
      });
      await t.delete(pods, 'web-1');
      await t.eventually('the pod is of the new template', async () => (await versionOf(t, 'web-1')) === '2');
      t.equal(await versionOf(t, 'web-0'), '1', 'the version of another pod');
      await t.eventually('one is counted as updated', async () => (await observed(t)).status?.updatedReplicas === 1);
    },
  },
  {
    title: 'a template that is set back has its old revision again, under its old name',
    source: `${sources.statefulSet}#revision-history`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t, onDelete));
      await ready(t, 3);
      const first = (await observed(t)).status?.updateRevision;
      await t.apply(statefulSets, statefulSet(t, onDelete, { version: '2' }));
      t.check((await observed(t)).status?.updateRevision !== first, 'the revision is another one');
      await t.apply(statefulSets, statefulSet(t, onDelete));
      t.equal((await observed(t)).status?.updateRevision, first, 'the revision');
      await t.eventually('all pods are of it', async () => (await observed(t)).status?.updatedReplicas === 3);
    },
  },
  {
    title: 'RollingUpdate replaces pods from the highest ordinal down, and waits for each to be ready',
    source: `${sources.statefulSet}#rolling-updates`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t));
      await ready(t, 3);
      await t.apply(statefulSets, statefulSet(t, {}, { version: '2' }));
      for (const name of ['web-2', 'web-1', 'web-0']) {
        await t.eventually(`${name} is replaced`, async () => (await versionOf(t, name)) === '2');
        const others = ['web-0', 'web-1', 'web-2'].filter((one) => one < name);
        await t.stays('the others wait for it', async () => {
          const versions = await Promise.all(others.map((one) => versionOf(t, one)));
          return versions.every((one) => one === '1');
        });
        await t.becomesReady(name);
      }
      const done = await t.eventually('the update is complete', async () => {
        const set = await observed(t);
        return set.status?.currentRevision === set.status?.updateRevision && set;
      });
      t.equal(done.status?.updatedReplicas, 3, 'updated pods');
    },
  },
  {
    title: 'RollingUpdate with a partition leaves lower ordinals as they were, also when they are made again',
    source: `${sources.statefulSet}#partitions`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t, rolling(2)));
      await ready(t, 3);
      await t.apply(statefulSets, statefulSet(t, rolling(2), { version: '2' }));
      await t.eventually('web-2 is replaced', async () => (await versionOf(t, 'web-2')) === '2');
      await t.becomesReady('web-2');
      await t.stays('web-1 is not', async () => (await versionOf(t, 'web-1')) === '1');
      const { uid } = (await t.must(pods, 'web-1')).metadata;
      await t.delete(pods, 'web-1');
      await t.eventually('web-1 is made again', async () => {
        const pod = await t.get(pods, 'web-1');
        return pod !== undefined && pod.metadata.uid !== uid;
      });
      t.equal(await versionOf(t, 'web-1'), '1', 'its version');
    },
  },
  {
    title: 'an ordered update that is stuck on a broken image is not repaired by setting the template back alone',
    source: `${sources.statefulSet}#forced-rollback`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t, { replicas: 2 }));
      await ready(t, 2);
      await t.apply(statefulSets, statefulSet(t, { replicas: 2 }, { version: '2', image: t.target.brokenImage }));
      await t.eventually('web-1 is replaced', async () => (await versionOf(t, 'web-1')) === '2');
      await t.apply(statefulSets, statefulSet(t, { replicas: 2 }));
      await observed(t);
      await t.stays('web-1 stays broken', async () => (await versionOf(t, 'web-1')) === '2');
      await t.delete(pods, 'web-1');
      await t.eventually('web-1 is of the old template', async () => (await versionOf(t, 'web-1')) === '1');
    },
  },
  {
    title: 'claim templates, service name and selector cannot be changed; replicas and template can',
    source: `${sources.statefulSetApi}#StatefulSetSpec`,
    async run(t: ScenarioTools) {
      await t.apply(statefulSets, statefulSet(t, { volumeClaimTemplates: claimTemplates, replicas: 0 }));
      const larger = [{ ...claimTemplates[0], spec: { resources: { requests: { storage: '128Mi' } } } }];
      const attempts: readonly Partial<StatefulSet['spec']>[] = [
        { volumeClaimTemplates: larger },
        { volumeClaimTemplates: claimTemplates, serviceName: 'other' },
        { volumeClaimTemplates: claimTemplates, podManagementPolicy: 'Parallel' },
      ];
      for (const spec of attempts) {
        const why = await t.refusal(() => t.apply(statefulSets, statefulSet(t, { replicas: 0, ...spec })));
        t.equal(why, '422 Invalid', `the refusal of ${Object.keys(spec).join()}`);
      }
      await t.apply(
        statefulSets,
        statefulSet(t, { volumeClaimTemplates: claimTemplates, replicas: 1 }, { version: '2' }),
      );
    },
  },
];
