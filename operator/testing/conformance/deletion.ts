// SPDX-License-Identifier: Apache-2.0
import { namespacesOf } from '../kinds/infrastructure.ts';
import { configMap, configMaps, ownedBy } from './fixtures.ts';
import { type Scenario, sources } from './scenario.ts';
import type { ScenarioTools } from './scenario-tools.ts';

const finalizer = 'shortlink.dev/conformance';

async function names(t: ScenarioTools): Promise<string> {
  return (await t.list(configMaps, 'part=test')).map((one) => one.metadata.name).join();
}

const labels = { part: 'test' };

/** An owner and a dependent that a finalizer holds, so that the order in which they go can be seen. */
async function family(t: ScenarioTools): Promise<void> {
  const owner = await t.create(configMaps, configMap('owner', { labels }));
  const ownerReferences = [ownedBy(configMaps, owner)];
  await t.create(configMaps, configMap('child', { labels, ownerReferences, finalizers: [finalizer] }));
}

async function release(t: ScenarioTools, name: string): Promise<void> {
  const object = await t.must(configMaps, name);
  await t.replace(configMaps, { ...object, metadata: { ...object.metadata, finalizers: [] } });
}

export const deletion: readonly Scenario[] = [
  {
    title: 'a background deletion removes the owner at once, and the dependents after it',
    source: `${sources.garbageCollection}#background-deletion`,
    async run(t: ScenarioTools) {
      await family(t);
      await t.delete(configMaps, 'owner', { propagation: 'Background' });
      t.equal(await t.get(configMaps, 'owner'), undefined, 'the owner');
      await t.eventually('the dependent is being deleted', async () => {
        return (await t.must(configMaps, 'child')).metadata.deletionTimestamp !== undefined;
      });
      await release(t, 'child');
      await t.eventually('nothing is left', async () => (await names(t)) === '');
    },
  },
  {
    title: 'a foreground deletion keeps the owner until its blocking dependents are gone',
    source: `${sources.garbageCollection}#foreground-deletion`,
    async run(t: ScenarioTools) {
      await family(t);
      await t.delete(configMaps, 'owner', { propagation: 'Foreground' });
      const owner = await t.must(configMaps, 'owner');
      t.check(owner.metadata.deletionTimestamp !== undefined, 'the owner is being deleted');
      t.equal(owner.metadata.finalizers, ['foregroundDeletion'], 'its finalizers');
      await t.eventually('the dependent is being deleted', async () => {
        return (await t.must(configMaps, 'child')).metadata.deletionTimestamp !== undefined;
      });
      await t.stays('the owner waits', async () => (await names(t)) === 'child,owner');
      await release(t, 'child');
      await t.eventually('both are gone', async () => (await names(t)) === '');
    },
  },
  {
    title: 'an orphaning deletion leaves the dependents, without their owner',
    source: `${sources.garbageCollection}#orphaned-dependents`,
    async run(t: ScenarioTools) {
      await family(t);
      await t.delete(configMaps, 'owner', { propagation: 'Orphan' });
      await t.eventually('the owner is gone', async () => (await t.get(configMaps, 'owner')) === undefined);
      await t.stays('the dependent is left alone', async () => {
        const child = await t.must(configMaps, 'child');
        return child.metadata.deletionTimestamp === undefined && (child.metadata.ownerReferences ?? []).length === 0;
      });
      await release(t, 'child');
    },
  },
  {
    title: 'a dependent goes with the last of its owners',
    source: sources.owners,
    async run(t: ScenarioTools) {
      const a = await t.create(configMaps, configMap('a', { labels }));
      const b = await t.create(configMaps, configMap('b', { labels }));
      const ownerReferences = [ownedBy(configMaps, a), ownedBy(configMaps, b)];
      await t.create(configMaps, configMap('child', { labels, ownerReferences }));
      await t.delete(configMaps, 'a');
      await t.stays('one owner is enough', async () => (await names(t)) === 'b,child');
      await t.delete(configMaps, 'b');
      await t.eventually('all are gone', async () => (await names(t)) === '');
    },
  },
  {
    title: 'an owner is known by its uid: another object of its name is none',
    source: sources.owners,
    async run(t: ScenarioTools) {
      const first = await t.create(configMaps, configMap('owner', { labels }));
      await t.delete(configMaps, 'owner');
      await t.create(configMaps, configMap('owner', { labels }));
      await t.create(configMaps, configMap('child', { labels, ownerReferences: [ownedBy(configMaps, first)] }));
      await t.eventually('the dependent is gone', async () => (await names(t)) === 'owner');
    },
  },
  {
    title: 'finalizers keep an object that is deleted, and none can be added to it',
    source: sources.finalizers,
    async run(t: ScenarioTools) {
      await t.create(configMaps, configMap('held', { labels, finalizers: [finalizer] }));
      t.equal(await t.delete(configMaps, 'held'), true, 'the answer');
      const held = await t.must(configMaps, 'held');
      t.check(held.metadata.deletionTimestamp !== undefined, 'it is being deleted');
      const more = { ...held, metadata: { ...held.metadata, finalizers: [finalizer, 'shortlink.dev/second'] } };
      t.equal(await t.refusal(() => t.replace(configMaps, more)), '422 Invalid', 'the refusal');
      await release(t, 'held');
      t.equal(await t.get(configMaps, 'held'), undefined, 'the object');
    },
  },
  {
    title: 'a namespace goes when everything in it is gone, and takes nothing new until then',
    source: sources.namespaces,
    async run(t: ScenarioTools) {
      await t.create(configMaps, configMap('held', { labels, finalizers: [finalizer] }));
      await t.create(configMaps, configMap('free', { labels }));
      await t.delete(namespacesOf, t.namespace);
      await t.eventually('what is free is gone', async () => (await names(t)) === 'held');
      const why = await t.refusal(() => t.create(configMaps, configMap('late', { labels })));
      t.equal(why, '403 Forbidden', 'the refusal');
      t.equal((await t.must(namespacesOf, t.namespace)).status?.phase, 'Terminating', 'the phase');
      await release(t, 'held');
      await t.eventually('the namespace is gone', async () => (await t.get(namespacesOf, t.namespace)) === undefined);
    },
  },
];
