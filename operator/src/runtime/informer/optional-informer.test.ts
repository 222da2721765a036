// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test } from 'vitest';
import { KubeError } from '../../ports/kube-api.ts';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { MemoryKubeApi } from '../testing/memory-kube-api.ts';
import { widget, widgets } from '../testing/informer-rig.ts';
import { RecordingLogger, RecordingMetrics } from '../testing/recorders.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { Informer } from './informer.ts';
import { OptionalInformer } from './optional-informer.ts';

const minuteMs = 60_000;
const lists = ({ api }: Rig) => api.calls.filter(({ verb }) => verb === 'list').length;

type Rig = ReturnType<typeof optionalRig>;
let rig: Rig;
afterEach(async () => {
  rig.stopping.abort(new Error('stopped'));
  await rig.running;
  rig.clock.checkNoTimers();
  if (rig.api.watchers > 0) throw new Error(`${rig.api.watchers} watches are left`);
});

/** `serves`: what the server says of widgets, each time that it is asked. */
function optionalRig(serves: () => boolean) {
  const [api, clock, logger] = [new MemoryKubeApi(), new ManualClock(), new RecordingLogger()];
  const told: Informer[] = [];
  let questions = 0;
  const discovery = {
    serves: async () => {
      questions++;
      return serves();
    },
  };
  const informer = new OptionalInformer({
    api,
    discovery,
    resource: widgets,
    scope: {},
    indexLabels: [],
    clock,
    random: seededRandom(1),
    metrics: new RecordingMetrics(),
    logger,
    onInformer: (one) => told.push(one),
  });
  const stopping = new AbortController();
  const running = informer.run(stopping.signal);
  let isSettled = false;
  void informer.settled.then(() => (isSettled = true));
  return {
    api,
    clock,
    informer,
    logger,
    running,
    stopping,
    told,
    questions: () => questions,
    isSettled: () => isSettled,
  };
}

test('a kind that is not known is not followed, and asked about now and then', async () => {
  rig = optionalRig(() => false);
  await settle();
  expect(rig.isSettled()).toBe(true);
  expect(rig.informer.absence).toBe('Kubernetes knows no Widget of test.dev/v1');
  expect(rig.informer.list()).toEqual([]);
  await rig.clock.advance(60 * minuteMs);
  expect(rig.questions()).toBeGreaterThan(8);
  expect(rig.questions()).toBeLessThan(16);
  expect(lists(rig)).toBe(0);
});

test('it is followed from when it is known until it no longer is', async () => {
  let isServed = false;
  rig = optionalRig(() => isServed);
  rig.api.put(widgets, widget('a'));
  await rig.clock.advance(minuteMs);
  isServed = true;
  await rig.clock.advance(6 * minuteMs);
  await settle();
  expect(rig.told).toHaveLength(1);
  expect(rig.informer.absence).toBeUndefined();
  expect(rig.informer.get({ namespace: 'ns', name: 'a' })).toMatchObject({ metadata: { name: 'a' } });
  isServed = false;
  await rig.clock.advance(6 * minuteMs);
  expect(rig.informer.absence).toContain('knows no Widget');
  expect(rig.informer.list()).toEqual([]);
  expect(rig.api.watchers).toBe(0);
});

test('a server that does not say is asked again soon, and nobody waits for it', async () => {
  let fails = true;
  rig = optionalRig(() => {
    if (fails) throw new KubeError('broken', { status: 503, reason: 'ServiceUnavailable' });
    return true;
  });
  await settle();
  expect(rig.isSettled()).toBe(false);
  expect(rig.informer.absence).toContain('not been listed yet');
  await rig.clock.advance(11_000);
  expect(rig.isSettled()).toBe(true);
  fails = false;
  await rig.clock.advance(minuteMs);
  expect(rig.informer.absence).toBeUndefined();
  expect(rig.logger.lines).toEqual(['warn whether Kubernetes knows a kind could not be found out']);
});

test('one that may not be read is absent, and its list is tried for ever', async () => {
  rig = optionalRig(() => true);
  rig.api.before = () => {
    throw new KubeError('forbidden', { status: 403, reason: 'Forbidden' });
  };
  await rig.clock.advance(minuteMs);
  expect(rig.isSettled()).toBe(true);
  expect(rig.informer.absence).toContain('not been listed yet');
  rig.api.before = () => {};
  await rig.clock.advance(minuteMs);
  expect(rig.informer.absence).toBeUndefined();
});
