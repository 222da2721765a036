// SPDX-License-Identifier: Apache-2.0
import type { WatchEvent } from '../../src/ports/kube-api.ts';
import { configMap, configMaps } from './fixtures.ts';
import { type Scenario, sources } from './scenario.ts';
import type { ScenarioTools } from './scenario-tools.ts';

function texts(events: readonly WatchEvent[]): readonly string[] {
  return events.map((one) => (one.type === 'BOOKMARK' ? one.type : `${one.type} ${one.object.metadata.name}`));
}

async function versionOf(t: ScenarioTools): Promise<string> {
  return (await t.target.api.list(configMaps, { namespace: t.namespace }, t.signal)).resourceVersion;
}

const labels = { part: 'test' };

async function make(t: ScenarioTools, names: readonly string[]): Promise<void> {
  for (const name of names) await t.create(configMaps, configMap(name, { labels }));
}

export const reads: readonly Scenario[] = [
  {
    title: 'a list in pages shows all objects once, as they were at the first page',
    source: `${sources.apiConcepts}#retrieving-large-results-sets-in-chunks`,
    async run(t: ScenarioTools) {
      await make(t, ['a', 'b', 'c', 'd', 'e']);
      const seen: string[] = [];
      const versions = new Set<string>();
      let next: string | undefined;
      do {
        const options = { namespace: t.namespace, labelSelector: 'part=test', limit: 2, continue: next };
        const page = await t.target.api.list(configMaps, options, t.signal);
        seen.push(...page.items.map((one) => one.metadata.name));
        versions.add(page.resourceVersion);
        next = page.continue;
        if (seen.length === 2) await make(t, ['ab', 'f']);
      } while (next !== undefined);
      t.equal([seen.join(), versions.size], ['a,b,c,d,e', 1], 'the pages');
    },
  },
  {
    title: 'label selectors choose by equality, sets and presence',
    source: `${sources.labels}#label-selectors`,
    async run(t: ScenarioTools) {
      await t.create(configMaps, configMap('a', { labels: { part: 'test', tier: 'front' } }));
      await t.create(configMaps, configMap('b', { labels: { part: 'test', tier: 'back' } }));
      await t.create(configMaps, configMap('c', { labels: { part: 'test' } }));
      const found = async (selector: string): Promise<string> =>
        (await t.list(configMaps, selector)).map((one) => one.metadata.name).join();
      t.equal(await found('part=test,tier=front'), 'a', 'equal');
      t.equal(await found('part=test,tier!=front'), 'b,c', 'not equal');
      t.equal(await found('part=test,tier in (front,back)'), 'a,b', 'in');
      t.equal(await found('part=test,tier notin (front)'), 'b,c', 'not in');
      t.equal(await found('part=test,tier'), 'a,b', 'there');
      t.equal(await found('part=test,!tier'), 'c', 'not there');
    },
  },
  {
    title: 'a watch from the version of a list shows every change after it, in order',
    source: `${sources.apiConcepts}#efficient-detection-of-changes`,
    async run(t: ScenarioTools) {
      await make(t, ['old']);
      const resourceVersion = await versionOf(t);
      await make(t, ['new']);
      const object = await t.must(configMaps, 'old');
      await t.replace(configMaps, { ...object, data: { n: '2' } });
      await t.delete(configMaps, 'new');
      const events = await t.watched(
        configMaps,
        { resourceVersion, labelSelector: 'part=test' },
        (seen) => seen.length === 3,
      );
      t.equal(texts(events), ['ADDED new', 'MODIFIED old', 'DELETED new'], 'the events');
    },
  },
  {
    title: 'a list by a name holds the object of that name, or nothing',
    source: `${sources.fieldSelectors}#list-of-supported-fields`,
    async run(t: ScenarioTools) {
      await make(t, ['a', 'ab']);
      const named = async (name: string): Promise<readonly string[]> => {
        const { items } = await t.target.api.list(configMaps, { namespace: t.namespace, name }, t.signal);
        return items.map(({ metadata }) => metadata.name);
      };
      t.equal([await named('a'), await named('b')], [['a'], []], 'the lists');
    },
  },
  {
    title: 'a watch goes on after the version of any of its events, a deletion too',
    source: `${sources.apiConcepts}#efficient-detection-of-changes`,
    async run(t: ScenarioTools) {
      await make(t, ['a']);
      const resourceVersion = await versionOf(t);
      await t.delete(configMaps, 'a');
      await make(t, ['b']);
      const all = { labelSelector: 'part=test' };
      const [first] = await t.watched(configMaps, { resourceVersion, ...all }, (seen) => seen.length === 1);
      t.check(first?.type === 'DELETED', 'the first event is the deletion');
      const from = first.object.metadata.resourceVersion ?? '';
      const rest = await t.watched(configMaps, { resourceVersion: from, ...all }, (seen) => seen.length === 1);
      t.equal(texts(rest), ['ADDED b'], 'the next event');
    },
  },
  {
    title: 'an object that begins to match a selector is added to its watch, and one that ceases to is deleted from it',
    source: `${sources.apiConcepts}#efficient-detection-of-changes`,
    async run(t: ScenarioTools) {
      await make(t, ['in', 'out']);
      const out = await t.must(configMaps, 'out');
      await t.replace(configMaps, { ...out, metadata: { ...out.metadata, labels: {} } });
      const resourceVersion = await versionOf(t);
      const inside = await t.must(configMaps, 'in');
      await t.replace(configMaps, { ...inside, metadata: { ...inside.metadata, labels: {} } });
      const outside = await t.must(configMaps, 'out');
      await t.replace(configMaps, { ...outside, metadata: { ...outside.metadata, labels } });
      const events = await t.watched(
        configMaps,
        { resourceVersion, labelSelector: 'part=test' },
        (seen) => seen.length === 2,
      );
      t.equal(texts(events), ['DELETED in', 'ADDED out'], 'the events');
    },
  },
];
