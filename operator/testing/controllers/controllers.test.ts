// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { claimTemplates, statefulSet } from '../conformance/fixtures.ts';
import { ScenarioTools } from '../conformance/scenario-tools.ts';
import { dump } from '../dump.ts';
import { type StatefulSet, statefulSets } from '../kinds/workloads.ts';
import { KubeDouble } from '../kube-double.ts';
import { Controllers } from './controllers.ts';
import { SeededRandom } from '../seeded-random.ts';
import { Hands } from './hands.ts';

const spec: Partial<StatefulSet['spec']> = {
  podManagementPolicy: 'Parallel',
  updateStrategy: { type: 'OnDelete' },
  volumeClaimTemplates: claimTemplates,
};

function toolsOf(double: KubeDouble): ScenarioTools {
  const target = {
    api: double.connect(),
    settle: () => double.settle(),
    maxSettles: 1,
    quietSettles: 1,
    image: 'app:1',
    brokenImage: 'none:1',
    growsVolumes: true,
  };
  return new ScenarioTools(target, 'default');
}

async function scaled(seed: number): Promise<unknown> {
  const double = new KubeDouble({ seed });
  const tools = toolsOf(double);
  await tools.apply(statefulSets, statefulSet(tools, spec));
  while ((await double.controllers.step()) !== undefined);
  await tools.apply(statefulSets, statefulSet(tools, { ...spec, replicas: 1 }));
  await double.settle();
  await tools.apply(statefulSets, statefulSet(tools, { ...spec, replicas: 4 }));
  await double.settle();
  return dump(double.core);
}

test('whatever the order of their work, controllers come to the same end', async () => {
  const expected = await scaled(1);
  expect(Object.keys(expected as object)).toContain('pods default/web-3');
  for (let seed = 2; seed < 12; seed++) expect(await scaled(seed), `seed ${seed}`).toEqual(expected);
});

test('a step is one change, and says whose', async () => {
  const double = new KubeDouble();
  await double.settle();
  expect(await double.controllers.step()).toBeUndefined();
  const tools = toolsOf(double);
  await tools.apply(statefulSets, statefulSet(tools, { replicas: 1 }));
  expect(await double.controllers.step()).toEqual({ controller: 'stateful-sets', key: 'default/web' });
});

test('a controller that is away does nothing until it is back', async () => {
  const double = new KubeDouble();
  const tools = toolsOf(double);
  double.controllers.pause('stateful-sets');
  await tools.apply(statefulSets, statefulSet(tools, spec));
  await double.settle();
  expect(await tools.podNames()).toEqual([]);
  double.controllers.resume('stateful-sets');
  await double.settle();
  expect(await tools.podNames()).toHaveLength(3);
  expect(() => double.controllers.pause('nobody')).toThrow('there is no controller nobody');
});

test('controllers that undo each other are noticed', async () => {
  const double = new KubeDouble();
  const hands = new Hands(double.core, 'test');
  const tools = toolsOf(double);
  await tools.apply(statefulSets, statefulSet(tools, { replicas: 0 }));
  const restless = {
    name: 'restless',
    keys: () => ['x'],
    sync: () => {
      const set = hands.get(statefulSets, { namespace: 'default', name: 'web' });
      const annotations = { n: `${set?.metadata.resourceVersion}` };
      if (set !== undefined) hands.update(statefulSets, { ...set, metadata: { ...set.metadata, annotations } });
    },
  };
  const controllers = new Controllers(double.core, [restless], new SeededRandom(1));
  await expect(controllers.settle(100)).rejects.toThrow('restless changes x again');
});

test('at rest nothing is written, however long it lasts', async () => {
  const double = new KubeDouble();
  const tools = toolsOf(double);
  await tools.apply(statefulSets, statefulSet(tools, spec));
  await double.settle();
  const { revision } = double.core.store;
  await double.run(3_600_000, 300_000);
  expect(double.core.store.revision).toBe(revision);
});

test.each([
  [false, 'stays what it was'],
  [true, 'follows'],
])('with OnDelete the current revision of a set (finishing: %s) %s', async (onDeleteFinishes) => {
  const double = new KubeDouble({ onDeleteFinishes });
  const tools = toolsOf(double);
  await tools.apply(statefulSets, statefulSet(tools, { ...spec, replicas: 1 }));
  await tools.becomesReady('web-0');
  await tools.apply(statefulSets, statefulSet(tools, { ...spec, replicas: 1 }, { version: '2' }));
  await tools.delete({ apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }, 'web-0');
  await double.settle();
  await tools.becomesReady('web-0');
  await double.settle();
  const { status } = await tools.must(statefulSets, 'web');
  expect(status?.updatedReplicas).toBe(1);
  expect(status?.currentRevision === status?.updateRevision).toBe(onDeleteFinishes);
});
