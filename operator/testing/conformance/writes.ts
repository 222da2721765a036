// SPDX-License-Identifier: Apache-2.0
import { statefulSets } from '../kinds/workloads.ts';
import { configMap, configMaps, statefulSet } from './fixtures.ts';
import { type Scenario, sources } from './scenario.ts';
import type { ScenarioTools } from './scenario-tools.ts';

export const writes: readonly Scenario[] = [
  {
    title: 'an object is created once; what is not there is neither found nor deleted',
    source: `${sources.apiConcepts}#single-resource-api`,
    async run(t: ScenarioTools) {
      t.equal(await t.get(configMaps, 'one'), undefined, 'before');
      t.equal(await t.delete(configMaps, 'one'), false, 'the deletion of nothing');
      const made = await t.create(configMaps, configMap('one'));
      t.check(
        made.metadata.uid !== undefined && made.metadata.resourceVersion !== undefined,
        'it has a uid and a version',
      );
      t.equal(
        await t.refusal(() => t.create(configMaps, configMap('one'))),
        '409 AlreadyExists',
        'the second creation',
      );
      t.equal(await t.delete(configMaps, 'one'), true, 'the deletion');
    },
  },
  {
    title: 'a replacement of an old version is refused, and one of a name without an object too',
    source: `${sources.apiConcepts}#resource-versions`,
    async run(t: ScenarioTools) {
      const first = await t.create(configMaps, configMap('one', {}, { n: '1' }));
      const second = await t.replace(configMaps, { ...first, data: { n: '2' } });
      t.check(second.metadata.resourceVersion !== first.metadata.resourceVersion, 'the version is another one');
      t.equal(second.metadata.uid, first.metadata.uid, 'the uid');
      t.equal(
        await t.refusal(() => t.replace(configMaps, { ...first, data: { n: '3' } })),
        '409 Conflict',
        'the old version',
      );
      await t.delete(configMaps, 'one');
      t.equal(await t.refusal(() => t.replace(configMaps, second)), '404 NotFound', 'no object');
    },
  },
  {
    title: 'a deletion with preconditions removes that object in that version, or nothing',
    source: `${sources.apiConcepts}#resource-deletion`,
    async run(t: ScenarioTools) {
      const first = await t.create(configMaps, configMap('one'));
      const second = await t.replace(configMaps, { ...first, data: { n: '2' } });
      const uid = '00000000-0000-4000-8000-000000000000';
      t.equal(await t.refusal(() => t.delete(configMaps, 'one', { uid })), '409 Conflict', 'another uid');
      const { resourceVersion } = first.metadata;
      t.equal(
        await t.refusal(() => t.delete(configMaps, 'one', { resourceVersion })),
        '409 Conflict',
        'an old version',
      );
      const current = { uid: second.metadata.uid, resourceVersion: second.metadata.resourceVersion };
      t.equal(await t.delete(configMaps, 'one', current), true, 'the right one');
    },
  },
  {
    title: 'a change that changes nothing leaves the version as it is',
    source: `${sources.apiConcepts}#resource-versions`,
    async run(t: ScenarioTools) {
      const first = await t.create(configMaps, configMap('one', {}, { n: '1' }));
      const second = await t.replace(configMaps, first);
      t.equal(second.metadata.resourceVersion, first.metadata.resourceVersion, 'the version');
    },
  },
  {
    title: 'the generation counts changes of the spec, not of metadata or status',
    source: `${sources.statefulSetApi}#StatefulSet`,
    async run(t: ScenarioTools) {
      const set = statefulSet(t, { replicas: 0 });
      const first = await t.apply(statefulSets, set);
      t.equal(first.metadata.generation, 1, 'at first');
      const labelled = await t.apply(statefulSets, { ...set, metadata: { ...set.metadata, labels: { a: 'b' } } });
      t.equal(labelled.metadata.generation, 1, 'after a label');
      const observed = await t.eventually('the status is written', async () => {
        const one = await t.must(statefulSets, 'web');
        return one.status?.observedGeneration === 1 && one;
      });
      t.equal(observed.metadata.generation, 1, 'after the status');
      const scaled = await t.apply(statefulSets, statefulSet(t, { replicas: 0, minReadySeconds: 1 }));
      t.equal(scaled.metadata.generation, 2, 'after the spec');
    },
  },
  {
    title: 'nothing can be created in a namespace that is not there',
    source: sources.namespaces,
    async run(t: ScenarioTools) {
      const object = { ...configMap('one'), metadata: { name: 'one', namespace: `${t.namespace}-none` } };
      const why = await t.refusal(() => t.target.api.create(configMaps, object, t.signal));
      t.equal(why, '404 NotFound', 'the refusal');
    },
  },
];
