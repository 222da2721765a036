// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KubeError } from '../../ports/kube-api.ts';
import { widget } from '../testing/informer-rig.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { MemoryKubeApi } from '../testing/memory-kube-api.ts';
import { RecordingLogger, RecordingMetrics } from '../testing/recorders.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { events } from './event-object.ts';
import type { EventInput } from './event-object.ts';
import { EventRecorder } from './event-recorder.ts';

let api: MemoryKubeApi;
let clock: ManualClock;
let metrics: RecordingMetrics;
let recorder: EventRecorder;
let stopping: AbortController;
let running: Promise<void>;

beforeEach(() => {
  api = new MemoryKubeApi();
  clock = new ManualClock();
  metrics = new RecordingMetrics();
  recorder = new EventRecorder({
    api,
    reporter: { controller: 'test.dev/operator', instance: 'operator-0' },
    fieldManager: 'test',
    clock,
    random: seededRandom(1),
    metrics,
    logger: new RecordingLogger(),
  });
  stopping = new AbortController();
  running = recorder.run(stopping.signal);
});
afterEach(async () => {
  stopping.abort(new Error('stopped'));
  await running;
  clock.checkNoTimers();
});

function input(more: Partial<EventInput> = {}): EventInput {
  const regarding = widget('links', { uid: 'uid-9', resourceVersion: '5' });
  return { regarding, type: 'Normal', reason: 'ScaledUp', action: 'Scale', note: 'three nodes now', ...more };
}

const counted = (result: string) => metrics.value(`shortlink_operator_events_total{${result}}`) ?? 0;

test('an event has what events.k8s.io/v1 asks for', async () => {
  recorder.record(input());
  await clock.advance(0);
  expect(api.objects(events)).toMatchObject([
    {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: expect.stringMatching(/^links\.[0-9a-f]{16}$/), namespace: 'ns' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'test.dev/operator',
      reportingInstance: 'operator-0',
      action: 'Scale',
      reason: 'ScaledUp',
      regarding: { apiVersion: 'test.dev/v1', kind: 'Widget', name: 'links', namespace: 'ns', uid: 'uid-9' },
      note: 'three nodes now',
      type: 'Normal',
    },
  ]);
  expect(api.objects(events)[0]).not.toHaveProperty('series');
});

test('an object of the cluster has its events in default', async () => {
  const { namespace: _, ...metadata } = input().regarding.metadata;
  recorder.record(input({ regarding: { ...input().regarding, metadata } }));
  await clock.advance(0);
  expect(api.objects(events)[0]?.metadata.namespace).toBe('default');
});

test('what an event is about stays as it was first, since servers refuse a change of it', async () => {
  recorder.record(input());
  await clock.advance(0);
  recorder.record(input({ regarding: widget('links', { uid: 'uid-9', resourceVersion: '6' }) }));
  await clock.advance(30_000);
  expect(api.objects(events)).toMatchObject([{ regarding: { resourceVersion: '5' }, series: { count: 2 } }]);
});

test('the same again is one event with a series, written every 30 s at most', async () => {
  for (let second = 0; second < 100; second++) {
    recorder.record(input());
    await clock.advance(1000);
  }
  await clock.advance(60_000);
  expect(api.objects(events)).toHaveLength(1);
  expect(api.objects(events)[0]).toMatchObject({
    series: { count: 100, lastObservedTime: '2026-01-01T00:01:39.000000Z' },
  });
  expect(api.calls.length).toBeLessThan(7);
});

test('the same after a long time, or something else, is a new event', async () => {
  recorder.record(input());
  recorder.record(input({ note: 'four nodes now' }));
  await clock.advance(361_000);
  recorder.record(input());
  await clock.advance(0);
  expect(api.objects(events)).toHaveLength(3);
});

test('of one object only so many events are written; others are not held back by it', async () => {
  for (let i = 0; i < 100; i++) recorder.record(input({ note: `change ${i}` }));
  recorder.record(input({ regarding: widget('other', { uid: 'uid-10' }) }));
  await clock.advance(60_000);
  expect(api.objects(events)).toHaveLength(26);
  expect(counted('limited')).toBe(75);
});

describe('limits of the API server', () => {
  test('long notes are cut at a whole character', async () => {
    recorder.record(input({ note: `a${'ü'.repeat(1000)}` }));
    await clock.advance(0);
    const [event] = api.objects(events);
    const note = event !== undefined && 'note' in event ? String(event.note) : '';
    expect(new TextEncoder().encode(note).length).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/^aü{510}…$/);
  });

  test('long names and words are cut', async () => {
    recorder.record(input({ regarding: widget('n'.repeat(253), { uid: 'u' }), reason: 'R'.repeat(200) }));
    await clock.advance(0);
    const [event] = api.objects(events);
    expect(event?.metadata.name.length).toBeLessThanOrEqual(253);
    expect(event).toMatchObject({ reason: 'R'.repeat(128) });
  });
});

describe('failures', () => {
  test('are tried again, and the caller hears nothing of them', async () => {
    let failures = 3;
    api.before = () => {
      if (failures-- > 0) throw new KubeError('away', { status: 503, reason: 'ServiceUnavailable' });
    };
    recorder.record(input());
    await clock.advance(60_000);
    expect([api.objects(events).length, counted('written'), counted('dropped')]).toEqual([1, 1, 0]);
  });

  test('that last, or refusals, drop the event', async () => {
    api.before = () => {
      throw new KubeError('away', { status: 503, reason: 'ServiceUnavailable' });
    };
    recorder.record(input());
    await clock.advance(600_000);
    expect([api.calls.length, counted('dropped')]).toEqual([5, 1]);
    api.before = () => {
      throw new KubeError('no', { status: 403, reason: 'Forbidden' });
    };
    recorder.record(input({ note: 'other' }));
    await clock.advance(600_000);
    expect([api.calls.length, counted('dropped')]).toEqual([6, 2]);
  });

  test('a server that hangs holds nobody up', async () => {
    api.before = async (_call, signal) => {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    recorder.record(input());
    await clock.advance(5000);
    api.before = () => {};
    recorder.record(input({ note: 'other' }));
    await clock.advance(60_000);
    expect(api.objects(events)).toHaveLength(2);
  });
});

test('memory is bounded', async () => {
  api.before = () => {
    throw new Error('away');
  };
  for (let i = 0; i < 1500; i++) recorder.record(input({ regarding: widget('w', { uid: `u${i}` }) }));
  await clock.advance(600_000);
  expect(counted('dropped')).toBeLessThanOrEqual(1001);
  expect(api.calls.length).toBeLessThanOrEqual(5 * 1000 + 5);
});
