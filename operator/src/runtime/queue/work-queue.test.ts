// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { RecordingMetrics } from '../testing/recorders.ts';
import { WorkQueue } from './work-queue.ts';

function newQueue() {
  const clock = new ManualClock();
  const metrics = new RecordingMetrics();
  const queue = new WorkQueue({ name: 'clusters', clock, metrics });
  return { clock, metrics, queue };
}

/** What take() gives without waiting; `waits` when there is nothing. */
async function takeNow(queue: WorkQueue): Promise<string | undefined> {
  const taken = queue.take();
  return Promise.race([taken, settle().then(() => 'waits')]);
}

test('keys come in the order of their arrival, each once', async () => {
  const { queue } = newQueue();
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
  expect([await queue.take(), await queue.take(), await queue.take(), await takeNow(queue)]).toEqual([
    'a',
    'b',
    'c',
    'waits',
  ]);
});

test('a key that is added while it is worked on comes again, after it is done', async () => {
  const { queue } = newQueue();
  queue.add('a');
  await queue.take();
  queue.add('a');
  queue.add('a');
  const next = queue.take();
  expect(await Promise.race([next, settle().then(() => 'waits')])).toBe('waits');
  queue.done('a');
  expect(await next).toBe('a');
  queue.done('a');
  expect(await takeNow(queue)).toBe('waits');
});

test('a worker that waits gets a key that arrives', async () => {
  const { queue } = newQueue();
  const [one, two] = [queue.take(), queue.take()];
  queue.add('a');
  queue.add('b');
  expect(await Promise.all([one, two])).toEqual(['a', 'b']);
});

test('of several delays of a key the earliest counts', async () => {
  const { clock, queue } = newQueue();
  queue.addAfter('a', 1000);
  queue.addAfter('a', 100);
  queue.addAfter('a', 5000);
  const taken = queue.take();
  await clock.advance(99);
  expect(await Promise.race([taken, settle().then(() => 'waits')])).toBe('waits');
  await clock.advance(1);
  expect(await taken).toBe('a');
  queue.done('a');
  await clock.advance(10_000);
  expect(await takeNow(queue)).toBe('waits');
});

test('failures of a key back off exponentially, up to the limit, until it is well', async () => {
  const clock = new ManualClock();
  const metrics = new RecordingMetrics();
  const queue = new WorkQueue({ name: 'q', clock, metrics, backoff: { baseMs: 10, maxMs: 60 } });
  const waits: number[] = [];
  for (let i = 0; i < 5; i++) {
    if (i === 4) queue.forget('a');
    const failedMs = clock.monotonicMs();
    queue.retry('a');
    const taken = queue.take().then(() => waits.push(clock.monotonicMs() - failedMs));
    await clock.advance(100);
    await taken;
    queue.done('a');
  }
  expect(waits).toEqual([10, 20, 40, 60, 10]);
  expect(metrics.value('workqueue_retries_total{q,q}')).toBe(5);
});

test('a retry waits at least as long as the server asked for', async () => {
  const { clock, queue } = newQueue();
  queue.retry('a', 7000);
  const taken = queue.take();
  await clock.advance(6999);
  expect(await Promise.race([taken, settle().then(() => 'waits')])).toBe('waits');
  await clock.advance(1);
  expect(await taken).toBe('a');
});

test('retries of all keys together keep the overall rate', async () => {
  const clock = new ManualClock();
  const queue = new WorkQueue({
    name: 'q',
    clock,
    metrics: new RecordingMetrics(),
    backoff: { baseMs: 1, maxMs: 1 },
    bucket: { perSecond: 10, burst: 2 },
  });
  for (const key of ['a', 'b', 'c', 'd']) queue.retry(key);
  const at: number[] = [];
  const workers = Array.from({ length: 4 }, () => queue.take().then(() => at.push(clock.monotonicMs())));
  await clock.advance(1000);
  await Promise.all(workers);
  expect(at).toEqual([1, 1, 100, 200]);
});

test('a queue that is stopped forgets what waits, and has ended when nobody works', async () => {
  const { clock, queue } = newQueue();
  queue.add('a');
  queue.add('b');
  queue.addAfter('c', 10);
  await queue.take();
  const waiting = queue.stop().then(() => 'stopped');
  expect(await Promise.race([waiting, settle().then(() => 'waits')])).toBe('waits');
  queue.add('a');
  queue.done('a');
  expect(await waiting).toBe('stopped');
  await clock.advance(100);
  expect(await queue.take()).toBeUndefined();
  expect(clock.timers).toBe(0);
});

test('a queue that drains hands out what waits, and what comes again, and nothing new', async () => {
  const { queue } = newQueue();
  for (const key of ['a', 'b']) queue.add(key);
  await queue.take();
  queue.add('a');
  const drained = queue.drain().then(() => 'drained');
  queue.add('c');
  expect(await queue.take()).toBe('b');
  const last = queue.take();
  queue.done('b');
  queue.done('a');
  expect(await last).toBe('a');
  const end = queue.take();
  queue.done('a');
  expect([await end, await drained]).toEqual([undefined, 'drained']);
});

test('its numbers have the names and units of client-go', async () => {
  const { clock, metrics, queue } = newQueue();
  queue.add('a');
  queue.add('b');
  expect(metrics.value('workqueue_depth{clusters,clusters}')).toBe(2);
  await clock.advance(250);
  await queue.take();
  await clock.advance(3000);
  queue.publish();
  expect(metrics.value('workqueue_unfinished_work_seconds{clusters,clusters}')).toBe(3);
  expect(metrics.value('workqueue_longest_running_processor_seconds{clusters,clusters}')).toBe(3);
  queue.done('a');
  expect(metrics.value('workqueue_adds_total{clusters,clusters}')).toBe(2);
  expect(metrics.value('workqueue_depth{clusters,clusters}')).toBe(1);
  expect(metrics.observed('workqueue_queue_duration_seconds{clusters,clusters}')).toEqual([0.25]);
  expect(metrics.observed('workqueue_work_duration_seconds{clusters,clusters}')).toEqual([3]);
});
