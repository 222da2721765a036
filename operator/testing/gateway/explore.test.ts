// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/ports/kube-api.ts';
import { configMap, configMaps } from '../conformance/fixtures.ts';
import { dump } from '../dump.ts';
import { KubeDouble } from '../kube-double.ts';
import { type CrashScenario, type Life, exploreCrashes } from './explore.ts';

const namespace = 'default';

function named(name: string, data = {}): KubeObject {
  return configMap(name, { namespace }, data);
}

async function open(): Promise<KubeDouble> {
  const double = new KubeDouble();
  await double.connect().create(configMaps, named('old'), new AbortController().signal);
  return double;
}

function scenario(live: (life: Life) => Promise<void>): CrashScenario<KubeDouble> {
  return { open, live: (_world, life) => live(life), end: (world) => dump(world.core) };
}

/** Makes two objects, tells somebody, and removes a third one: each step may have been done by a life before. */
async function careful({ gateway, points, signal }: Life): Promise<void> {
  const options = { fieldManager: 'toy', force: true };
  await gateway.apply(configMaps, named('a', { n: '1' }), options, signal);
  await points.around('tell', () => Promise.resolve());
  await gateway.apply(configMaps, named('b', { n: '2' }), options, signal);
  await gateway.delete(configMaps, { namespace, name: 'old' }, {}, signal);
}

test('an operator whose steps can be repeated ends in one state from every crash point', async () => {
  const { effects, crashes } = await exploreCrashes(scenario(careful));
  expect(effects).toEqual(['apply configmaps a', 'tell', 'apply configmaps b', 'delete configmaps old']);
  expect(crashes).toBe(8);
});

test('an operator that cannot repeat a step is noticed, and the point is named', async () => {
  const careless = scenario(async ({ gateway, signal }) => {
    await gateway.create(configMaps, named('a'), signal);
    await gateway.delete(configMaps, { namespace, name: 'old' }, {}, signal);
  });
  await expect(exploreCrashes(careless)).rejects.toThrow('after effect 0 (create configmaps a)');
});

test('an operator that takes its own work for done is noticed', async () => {
  const forgetful = scenario(async ({ gateway, signal }) => {
    const found = await gateway.get(configMaps, { namespace, name: 'a' }, signal);
    if (found !== undefined) return;
    await gateway.create(configMaps, named('a'), signal);
    await gateway.delete(configMaps, { namespace, name: 'old' }, {}, signal);
  });
  await expect(exploreCrashes(forgetful)).rejects.toThrow(/an end after effect 0 .* leads to/);
});
