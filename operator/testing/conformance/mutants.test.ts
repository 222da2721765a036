// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { KubeApi } from '../../src/ports/kube-api.ts';
import { namespacesOf } from '../kinds/infrastructure.ts';
import { KubeDouble } from '../kube-double.ts';
import { ScriptedRuntime } from '../pod-runtime.ts';
import { ScenarioTools } from './scenario-tools.ts';
import { conformance } from './suite.ts';

interface Mutant {
  readonly name: string;
  readonly area: keyof typeof conformance;
  /** The API with a mistake in it. */
  readonly api?: (api: KubeApi) => Partial<KubeApi>;
  readonly paused?: string;
}

/** A cluster that is wrong in one way: the scenarios of the area have to notice. */
const mutants: readonly Mutant[] = [
  {
    name: 'deletions without preconditions',
    area: 'writes',
    api: (api) => ({ delete: (resource, key, _options, signal) => api.delete(resource, key, {}, signal) }),
  },
  {
    name: 'replacements whatever the version',
    area: 'writes',
    api: (api) => ({
      replace: async (resource, object, signal) => {
        const { namespace, name } = object.metadata;
        const live = await api.get(resource, { namespace, name }, signal);
        const { resourceVersion, ...metadata } = { ...object.metadata, ...live?.metadata };
        return api.replace(
          resource,
          { ...object, metadata: { ...metadata, resourceVersion: resourceVersion ?? '' } },
          signal,
        );
      },
    }),
  },
  {
    name: 'applies that are always forced',
    area: 'apply',
    api: (api) => ({
      apply: (resource, object, options, signal) => api.apply(resource, object, { ...options, force: true }, signal),
    }),
  },
  {
    name: 'applies of one manager for all',
    area: 'apply',
    api: (api) => ({
      apply: (resource, object, options, signal) =>
        api.apply(resource, object, { ...options, fieldManager: 'one' }, signal),
    }),
  },
  {
    name: 'dry runs that are none',
    area: 'apply',
    api: (api) => ({
      apply: (resource, object, options, signal) => api.apply(resource, object, { ...options, dryRun: false }, signal),
    }),
  },
  {
    name: 'watches without deletions',
    area: 'reads',
    api: (api) => ({
      async *watch(resource, options, signal) {
        for await (const event of api.watch(resource, options, signal)) {
          if (event.type !== 'DELETED') yield event;
        }
      },
    }),
  },
  {
    name: 'lists without selectors',
    area: 'reads',
    api: (api) => ({
      list: (resource, options, signal) => api.list(resource, { ...options, labelSelector: undefined }, signal),
    }),
  },
  {
    name: 'lists of all names',
    area: 'reads',
    api: (api) => ({
      list: (resource, options, signal) => api.list(resource, { ...options, name: undefined }, signal),
    }),
  },
  {
    name: 'evictions that are deletions',
    area: 'eviction',
    api: (api) => ({
      evict: async (pod, options, signal) => {
        await api.delete({ apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }, pod, options, signal);
      },
    }),
  },
  { name: 'nobody who collects garbage', area: 'deletion', paused: 'garbage-collector' },
  { name: 'nobody who empties namespaces', area: 'deletion', paused: 'namespaces' },
  { name: 'nobody who makes pods', area: 'stateful sets', paused: 'stateful-sets' },
  { name: 'nobody who updates pods', area: 'updates of stateful sets', paused: 'stateful-sets' },
  { name: 'nobody who binds volumes', area: 'claims of stateful sets', paused: 'volumes' },
  { name: 'nobody who looks after budgets', area: 'eviction', paused: 'disruption' },
];

async function failures({ area, api, paused }: Mutant): Promise<readonly string[]> {
  const runtime = new ScriptedRuntime();
  runtime.badImages.add('none:1');
  const double = new KubeDouble({ runtime });
  await double.settle();
  if (paused !== undefined) double.controllers.pause(paused);
  const client = double.connect();
  const whole: KubeApi = {
    get: (...all) => client.get(...all),
    list: (...all) => client.list(...all),
    watch: (...all) => client.watch(...all),
    create: (...all) => client.create(...all),
    replace: (...all) => client.replace(...all),
    apply: (...all) => client.apply(...all),
    delete: (...all) => client.delete(...all),
    evict: (...all) => client.evict(...all),
    ...api?.(client),
  };
  const settle = (): Promise<void> => double.run(1000);
  const target = {
    api: whole,
    settle,
    maxSettles: 4,
    quietSettles: 1,
    image: 'a:1',
    brokenImage: 'none:1',
    growsVolumes: true,
  };
  const failed: string[] = [];
  for (const [number, { title, run }] of (conformance[area] ?? []).entries()) {
    const tools = new ScenarioTools(target, `mutant-${number}`);
    await tools.create(namespacesOf, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: tools.namespace } });
    await run(tools).catch(() => failed.push(title));
  }
  return failed;
}

test.each(mutants)('the suite notices $name ($area)', async (mutant) => {
  expect(await failures(mutant)).not.toEqual([]);
});
