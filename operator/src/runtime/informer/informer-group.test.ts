// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { informerRig, widget, widgets } from '../testing/informer-rig.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { InformerGroup, resyncPeriodically } from './informer-group.ts';

test('a process is not ready before its caches are complete, nor when they are stale', async () => {
  const rig = informerRig();
  const group = new InformerGroup([rig.informer]);
  expect(group.problem()).toBe('widgets have not been listed yet');
  const stopping = new AbortController();
  const running = group.run(stopping.signal);
  await group.synced();
  expect(group.problem()).toBeUndefined();
  rig.api.before = () => {
    throw new Error('ECONNREFUSED');
  };
  rig.api.endWatches(new Error('ECONNRESET'));
  await rig.clock.advance(121_000);
  expect(group.problem()).toBe('widgets are as they were 121 s ago: the API server does not answer');
  rig.api.before = () => {};
  await rig.clock.advance(30_000);
  rig.api.bookmark(widgets);
  await rig.clock.advance(0);
  expect(group.problem()).toBeUndefined();
  stopping.abort(new Error('stopped'));
  await running;
});

test('an informer that ends before it has synced says so', async () => {
  const rig = informerRig();
  await rig.stop();
  const stopping = new AbortController();
  stopping.abort(new Error('stopped'));
  await rig.informer.run(stopping.signal);
  await expect(rig.informer.synced).rejects.toThrow('stopped');
});

test('all objects are looked at now and then, not all processes at once', async () => {
  const rig = informerRig();
  rig.api.put(widgets, widget('a'));
  rig.api.put(widgets, widget('b'));
  await rig.start();
  const stopping = new AbortController();
  const added: string[] = [];
  const { clock, informer } = rig;
  const add = (key: string) => added.push(`${key} ${Math.floor(clock.monotonicMs())}`);
  const resync = { informer, intervalMs: 600_000, clock, random: seededRandom(1), add };
  const running = resyncPeriodically(resync, stopping.signal);
  for (let minute = 0; minute < 25; minute++) {
    rig.api.bookmark(widgets);
    await clock.advance(60_000);
  }
  expect(added.map((one) => one.split(' ')[0])).toEqual(['ns/a', 'ns/b', 'ns/a', 'ns/b']);
  expect(new Set(added).size).toBe(4);
  expect(added.join()).not.toContain('600000');
  stopping.abort(new Error('stopped'));
  await running;
  await rig.stop();
});
