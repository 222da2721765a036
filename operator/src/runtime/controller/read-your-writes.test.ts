// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { WorkQueue } from '../queue/work-queue.ts';
import { informerRig, widget, widgets } from '../testing/informer-rig.ts';
import { Expectations } from '../writes/expectations.ts';
import { Controller } from './controller.ts';
import { readingItsWrites } from './read-your-writes.ts';

/** A controller that makes widgets until its cache shows three of them, each under a new name. */
async function run(isGuarded: boolean, lagMs: number): Promise<number> {
  const rig = informerRig();
  const { api, clock, informer, logger, metrics } = rig;
  const expectations = new Expectations({ controller: 'c', clock, metrics, logger });
  expectations.track(informer);
  const queue = new WorkQueue({ name: 'c', clock, metrics });
  informer.feed.addSink({ keysOf: () => ['all'], add: (key) => queue.add(key) });
  let made = 0;
  const reconcile = async (key: string, signal: AbortSignal) => {
    if (informer.list().length >= 3) return {};
    const object = widget(`w${++made}`);
    const target = { namespace: 'ns', name: object.metadata.name };
    await expectations.write(key, widgets, target, async () => api.create(widgets, object, signal));
    return { requeueAfterMs: 100 };
  };
  // The cache lags: watches are cut off and come back late.
  api.before = async ({ verb }) => {
    if (verb !== 'watch') return;
    await new Promise<void>((resolve) => void clock.after(lagMs, resolve));
  };
  api.after = () => api.endWatches();
  await rig.start();
  const stopping = new AbortController();
  const running = new Controller({
    name: 'c',
    queue,
    reconcile: isGuarded ? readingItsWrites(expectations, reconcile) : reconcile,
    workers: 1,
    timeoutMs: 1000,
    clock,
    metrics,
    logger,
  }).run(stopping.signal);
  queue.add('all');
  await clock.advance(120_000);
  stopping.abort(new Error('stopped'));
  await running;
  api.before = () => {};
  const stopped = rig.stop();
  await clock.advance(lagMs);
  await stopped;
  return made;
}

test('a cache that lags makes a controller act twice', async () => {
  expect(await run(false, 2000)).toBeGreaterThan(3);
});

test('unless the controller waits until it has read its own writes', async () => {
  expect(await run(true, 2000)).toBe(3);
});
