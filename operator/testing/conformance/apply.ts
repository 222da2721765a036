// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../src/ports/kube-api.ts';
import type { ResourceOf } from '../server/kind.ts';
import { statefulSets } from '../kinds/workloads.ts';
import { configMap, configMaps, statefulSet } from './fixtures.ts';
import { type Scenario, sources } from './scenario.ts';
import type { ScenarioTools } from './scenario-tools.ts';

interface Service extends KubeObject {
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports: readonly {
      readonly name: string;
      readonly port: number;
      readonly protocol?: string;
      readonly targetPort?: number;
    }[];
  };
}

const services: ResourceOf<Service> = { apiVersion: 'v1', kind: 'Service', plural: 'services', namespaced: true };

function service(ports: Service['spec']['ports']): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'svc' }, spec: { ports } };
}

export const apply: readonly Scenario[] = [
  {
    title: 'makes an object that is not there, and changes one that is',
    source: sources.apply,
    async run(t: ScenarioTools) {
      const first = await t.apply(configMaps, configMap('one', {}, { n: '1' }));
      const second = await t.apply(configMaps, configMap('one', {}, { n: '2' }));
      t.equal([second.metadata.uid, second.data], [first.metadata.uid, { n: '2' }], 'the object');
    },
  },
  {
    title: 'of the same fields again writes nothing',
    source: sources.apply,
    async run(t: ScenarioTools) {
      const first = await t.apply(statefulSets, statefulSet(t, { replicas: 0 }));
      const observed = await t.eventually('the status is written', async () => {
        const set = await t.must(statefulSets, 'web');
        return set.status?.observedGeneration === first.metadata.generation && set;
      });
      const again = await t.apply(statefulSets, statefulSet(t, { replicas: 0 }));
      t.equal(again.metadata.resourceVersion, observed.metadata.resourceVersion, 'the version');
    },
  },
  {
    title: 'of a field that another manager set to something else is a conflict, unless it is forced',
    source: `${sources.apply}#conflicts`,
    async run(t: ScenarioTools) {
      await t.apply(configMaps, configMap('one', {}, { n: '1' }), { fieldManager: 'first' });
      const second = { fieldManager: 'second' };
      const change = configMap('one', {}, { n: '2' });
      t.equal(await t.refusal(() => t.apply(configMaps, change, second)), '409 Conflict', 'the refusal');
      t.equal((await t.must(configMaps, 'one')).data, { n: '1' }, 'the data');
      const forced = await t.apply(configMaps, change, { ...second, force: true });
      t.equal(forced.data, { n: '2' }, 'the data');
      const back = await t.refusal(() =>
        t.apply(configMaps, configMap('one', {}, { n: '1' }), { fieldManager: 'first' }),
      );
      t.equal(back, '409 Conflict', 'the first manager has lost the field');
    },
  },
  {
    title: 'of the value that another manager set is no conflict: both own it',
    source: `${sources.apply}#field-management`,
    async run(t: ScenarioTools) {
      await t.apply(configMaps, configMap('one', {}, { n: '1' }), { fieldManager: 'first' });
      await t.apply(configMaps, configMap('one', {}, { n: '1' }), { fieldManager: 'second' });
      const left = await t.apply(configMaps, configMap('one'), { fieldManager: 'first' });
      t.equal(left.data, { n: '1' }, 'while the second manager owns it');
      const gone = await t.apply(configMaps, configMap('one'), { fieldManager: 'second' });
      t.equal(gone.data ?? {}, {}, 'when nobody does');
    },
  },
  {
    title: 'removes what its manager applied before and does not any more, and nothing else',
    source: `${sources.apply}#field-management`,
    async run(t: ScenarioTools) {
      await t.apply(configMaps, configMap('one', { labels: { a: '1', b: '2' } }, { n: '1', m: '1' }));
      await t.apply(configMaps, configMap('one', { labels: { c: '3' } }, { o: '1' }), { fieldManager: 'other' });
      const after = await t.apply(configMaps, configMap('one', { labels: { a: '1' } }, { m: '1' }));
      t.equal(
        Object.entries(after.data ?? {}).toSorted(),
        [
          ['m', '1'],
          ['o', '1'],
        ],
        'the data',
      );
      t.equal(
        Object.entries(after.metadata.labels ?? {}).toSorted(),
        [
          ['a', '1'],
          ['c', '3'],
        ],
        'the labels',
      );
    },
  },
  {
    title: 'leaves a field alone that it does not mention and another one changed',
    source: `${sources.apply}#transferring-ownership`,
    async run(t: ScenarioTools) {
      const spec = { ...statefulSet(t).spec };
      delete (spec as { replicas?: number }).replicas;
      await t.apply(statefulSets, { ...statefulSet(t), spec });
      const current = await t.must(statefulSets, 'web');
      await t.apply(statefulSets, { ...statefulSet(t), spec: { ...spec, replicas: 0 } }, { fieldManager: 'scaler' });
      const again = await t.apply(statefulSets, { ...statefulSet(t), spec });
      t.equal([current.spec.replicas, again.spec.replicas], [1, 0], 'the replicas');
    },
  },
  {
    title: 'merges lists that are maps by their keys: items of several managers live together',
    source: `${sources.apply}#merge-strategy`,
    async run(t: ScenarioTools) {
      await t.apply(services, service([{ name: 'http', port: 80 }]), { fieldManager: 'first' });
      await t.apply(services, service([{ name: 'grpc', port: 8082 }]), { fieldManager: 'second' });
      const both = await t.must(services, 'svc');
      t.equal(
        both.spec.ports.map((one) => one.port).toSorted((a, b) => a - b),
        [80, 8082],
        'the ports',
      );
      t.equal(
        both.spec.ports.map((one) => one.protocol),
        ['TCP', 'TCP'],
        'the defaults',
      );
      const one = await t.apply(services, service([{ name: 'web', port: 8080 }]), { fieldManager: 'first' });
      t.equal(one.spec.ports.map((each) => each.name).toSorted(), ['grpc', 'web'], 'the ports');
    },
  },
  {
    title: 'replaces lists that are no maps as one piece',
    source: `${sources.apply}#merge-strategy`,
    async run(t: ScenarioTools) {
      const withArgs = (args: readonly string[]): ReturnType<typeof statefulSet> => {
        const set = statefulSet(t, { replicas: 0 });
        const [container] = set.spec.template.spec.containers;
        const containers = [{ ...container, name: 'main', image: t.target.image, args }];
        return {
          ...set,
          spec: { ...set.spec, template: { ...set.spec.template, spec: { ...set.spec.template.spec, containers } } },
        };
      };
      await t.apply(statefulSets, withArgs(['a', 'b']));
      const after = await t.apply(statefulSets, withArgs(['c']));
      const [container] = after.spec.template.spec.containers;
      t.equal((container as { args?: readonly string[] } | undefined)?.args, ['c'], 'the arguments');
    },
  },
  {
    title: 'as a dry run answers what would be, and stores nothing',
    source: `${sources.apiConcepts}#dry-run`,
    async run(t: ScenarioTools) {
      const would = await t.apply(configMaps, configMap('one', {}, { n: '1' }), { dryRun: true });
      t.equal(would.data, { n: '1' }, 'the answer');
      t.equal(await t.get(configMaps, 'one'), undefined, 'the object');
    },
  },
  {
    title: 'of an old version is refused, and so is one that brings managed fields along',
    source: `${sources.apply}#operations-in-scope-for-field-management`,
    async run(t: ScenarioTools) {
      const first = await t.apply(configMaps, configMap('one', {}, { n: '1' }));
      await t.apply(configMaps, configMap('one', {}, { n: '2' }));
      const { resourceVersion } = first.metadata;
      const old = configMap('one', { resourceVersion: resourceVersion ?? '' }, { n: '3' });
      t.equal(await t.refusal(() => t.apply(configMaps, old)), '409 Conflict', 'the old version');
      const managed = {
        ...configMap('one'),
        metadata: { name: 'one', managedFields: [{ manager: 'x', operation: 'Apply' }] },
      };
      t.equal(await t.refusal(() => t.apply(configMaps, managed)), '400 BadRequest', 'managed fields');
    },
  },
  {
    title: 'that names an object by its uid neither makes one nor reaches another one of its name',
    source: sources.apply,
    async run(t: ScenarioTools) {
      const uid = '00000000-0000-4000-8000-000000000000';
      const aimed = configMap('one', { uid }, { n: '2' });
      const forced = { fieldManager: 'second', force: true };
      t.equal(await t.refusal(() => t.apply(configMaps, aimed, forced)), '409 Conflict', 'without an object');
      const first = await t.apply(configMaps, configMap('one', {}, { n: '1' }));
      t.check((await t.refusal(() => t.apply(configMaps, aimed, forced))) !== 'done', 'another object is refused');
      t.equal((await t.must(configMaps, 'one')).data, { n: '1' }, 'the data');
      const reached = configMap('one', { uid: first.metadata.uid ?? '' }, { n: '2' });
      t.equal((await t.apply(configMaps, reached, forced)).data, { n: '2' }, 'the data of the one that is meant');
    },
  },
  {
    title: 'of a status writes status only, and of an object everything but',
    source: `${sources.apiConcepts}#resource-uris`,
    async run(t: ScenarioTools) {
      const set = statefulSet(t, { replicas: 0 });
      await t.apply(statefulSets, set);
      const status = { replicas: 0, conditions: [{ type: 'Test', status: 'True' }] };
      const wanted = { ...set, spec: { ...set.spec, replicas: 7 }, status };
      await t.apply(statefulSets, wanted, { subresource: 'status', fieldManager: 'status' });
      const after = await t.must(statefulSets, 'web');
      t.equal(after.spec.replicas, 0, 'the replicas');
      const lost = await t.refusal(() =>
        t.apply(statefulSets, { ...wanted, metadata: { name: 'none' } }, { subresource: 'status' }),
      );
      t.equal(lost, '404 NotFound', 'the status of nothing');
    },
  },
];
