// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { KubeError } from '../../ports/kube-api.ts';
import { WorkQueue } from '../queue/work-queue.ts';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { RecordingLogger, RecordingMetrics } from '../testing/recorders.ts';
import { sleep } from '../waiting.ts';
import { Controller, TerminalError } from './controller.ts';
import type { Reconcile } from './controller.ts';

function start(reconcile: Reconcile, workers = 2) {
  const clock = new ManualClock();
  const metrics = new RecordingMetrics();
  const logger = new RecordingLogger();
  const queue = new WorkQueue({ name: 'c', clock, metrics });
  const stopping = new AbortController();
  const controller = new Controller({
    name: 'c',
    queue,
    reconcile: async (key, signal) => reconcile(key, signal),
    workers,
    timeoutMs: 1000,
    clock,
    metrics,
    logger,
  });
  const ended = controller.run(stopping.signal).then(() => 'ended');
  return { clock, metrics, logger, queue, stopping, ended };
}

test('a success is counted, and comes again only when it asks for it', async () => {
  const at: number[] = [];
  const { clock, metrics, queue } = start(async () => {
    at.push(clock.monotonicMs());
    return at.length === 1 ? { requeueAfterMs: 5000 } : {};
  });
  queue.add('a');
  await clock.advance(60_000);
  expect(at).toEqual([0, 5000]);
  expect(metrics.value('controller_runtime_reconcile_total{c,requeue_after}')).toBe(1);
  expect(metrics.value('controller_runtime_reconcile_total{c,success}')).toBe(1);
  expect(metrics.value('controller_runtime_max_concurrent_reconciles{c}')).toBe(2);
});

test('a failure is tried again with back-off, until it succeeds', async () => {
  const at: number[] = [];
  const { clock, metrics, queue, logger } = start(async () => {
    at.push(clock.monotonicMs());
    if (at.length < 4) throw new Error('not yet');
    return {};
  });
  queue.add('a');
  await clock.advance(60_000);
  expect(at).toEqual([0, 5, 15, 35]);
  expect(metrics.value('controller_runtime_reconcile_errors_total{c}')).toBe(3);
  expect(metrics.value('controller_runtime_reconcile_total{c,error}')).toBe(3);
  expect(metrics.observed('controller_runtime_reconcile_time_seconds{c}')).toHaveLength(4);
  expect(queue.failures('a')).toBe(0);
  expect(logger.lines).toEqual(Array.from({ length: 3 }, () => 'warn reconciling failed; it is tried again'));
});

test('Retry-After of the API server is respected', async () => {
  const at: number[] = [];
  const { clock, queue } = start(async () => {
    at.push(clock.monotonicMs());
    if (at.length === 1) {
      throw new KubeError('too many', { status: 429, reason: 'TooManyRequests', retryAfterMs: 3000 });
    }
    return {};
  });
  queue.add('a');
  await clock.advance(60_000);
  expect(at).toEqual([0, 3000]);
});

test('a terminal error waits for the next change', async () => {
  let calls = 0;
  const { clock, metrics, queue } = start(async () => {
    calls++;
    throw new TerminalError('the spec makes no sense');
  });
  queue.add('a');
  await clock.advance(3_600_000);
  expect(calls).toBe(1);
  expect(metrics.value('controller_runtime_terminal_reconcile_errors_total{c}')).toBe(1);
  queue.add('a');
  await clock.advance(1);
  expect(calls).toBe(2);
});

test('a reconciliation that takes too long is cut off, and tried again', async () => {
  const starts: number[] = [];
  const { clock, queue, logger } = start(async (_key, signal) => {
    starts.push(clock.monotonicMs());
    if (starts.length === 1) await sleep(clock, 3_600_000, signal);
    return {};
  });
  queue.add('a');
  await clock.advance(10_000);
  expect(starts).toEqual([0, 1005]);
  expect(String(logger.fields[0]?.['error'])).toMatch(/reconciling a took longer than 1000 ms/);
});

test('a reconciliation that ignores its signal is never joined by another one of its key', async () => {
  const open: (() => void)[] = [];
  let active = 0;
  const { clock, queue } = start(async (key) => {
    if (key === 'b') return {};
    active++;
    expect(active).toBe(1);
    await new Promise<void>((resolve) => open.push(resolve));
    active--;
    return {};
  });
  queue.add('a');
  await clock.advance(10_000);
  queue.add('a');
  queue.add('b');
  await clock.advance(10_000);
  expect(open).toHaveLength(1);
  open[0]?.();
  await clock.advance(1);
  expect(open).toHaveLength(2);
});

test('the end waits for what runs, cuts it off, and starts nothing more', async () => {
  const seen: string[] = [];
  const { metrics, queue, stopping, ended } = start(async (key, signal) => {
    seen.push(key);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await settle();
    throw new Error('cut off');
  }, 1);
  queue.add('a');
  queue.add('b');
  await settle();
  expect(metrics.value('controller_runtime_active_workers{c}')).toBe(1);
  stopping.abort();
  expect(await ended).toBe('ended');
  expect(seen).toEqual(['a']);
  expect(metrics.value('controller_runtime_reconcile_errors_total{c}')).toBe(0);
  expect(metrics.value('controller_runtime_active_workers{c}')).toBe(0);
});
