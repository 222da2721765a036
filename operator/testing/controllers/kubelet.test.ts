// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { type Pod, conditionOf, isReady, pods } from '../kinds/workloads.ts';
import { KubeDouble } from '../kube-double.ts';
import { ScriptedRuntime } from '../pod-runtime.ts';
import { Hands } from './hands.ts';

const key = { namespace: 'default', name: 'p' };

async function setUp(
  spec: Partial<Pod['spec']> = {},
): Promise<{ double: KubeDouble; runtime: ScriptedRuntime; hands: Hands }> {
  const runtime = new ScriptedRuntime();
  const double = new KubeDouble({ runtime });
  const hands = new Hands(double.core, 'test');
  hands.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: key,
    spec: { containers: [{ name: 'main', image: 'app:1' }], ...spec },
  });
  await double.settle();
  return { double, runtime, hands };
}

function pod(hands: Hands): Pod {
  const found = hands.get(pods, key);
  if (found === undefined) throw new Error('the pod is gone');
  return found;
}

function state(hands: Hands): unknown {
  return pod(hands).status?.containerStatuses?.[0]?.state;
}

test('a pod is bound, started and ready', async () => {
  const { hands } = await setUp();
  expect(pod(hands).spec.nodeName).toMatch(/^node-/);
  expect(pod(hands).status).toMatchObject({ phase: 'Running', podIP: '10.244.0.1' });
  expect(isReady(pod(hands))).toBe(true);
});

test('readiness follows the runtime, and its condition keeps the time of its change', async () => {
  const { double, runtime, hands } = await setUp();
  const since = conditionOf(pod(hands), 'Ready')?.lastTransitionTime;
  await double.run(5000);
  expect(conditionOf(pod(hands), 'Ready')?.lastTransitionTime).toBe(since);
  runtime.unready.add('p');
  await double.settle();
  expect(conditionOf(pod(hands), 'Ready')).toMatchObject({ status: 'False', reason: 'ContainersNotReady' });
  expect(conditionOf(pod(hands), 'Ready')?.lastTransitionTime).not.toBe(since);
});

test('an image that cannot be pulled leaves the pod pending until it can', async () => {
  const { double, runtime, hands } = await setUp({ containers: [{ name: 'main', image: 'app:1' }] });
  runtime.badImages.add('bad:1');
  hands.update(pods, { ...pod(hands), spec: { ...pod(hands).spec, containers: [{ name: 'main', image: 'bad:1' }] } });
  hands.delete(pods, pod(hands), { gracePeriodSeconds: 0 });
  hands.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: key,
    spec: { containers: [{ name: 'main', image: 'bad:1' }] },
  });
  await double.settle();
  expect(pod(hands).status?.phase).toBe('Pending');
  expect(state(hands)).toMatchObject({ waiting: { reason: 'ImagePullBackOff' } });
  runtime.badImages.clear();
  await double.settle();
  expect(isReady(pod(hands))).toBe(true);
});

test('a pod that crashes is restarted at once, and then after longer and longer pauses', async () => {
  const { double, runtime, hands } = await setUp();
  runtime.crashing.set('p', 1);
  await double.settle();
  const restarts = (): number | undefined => pod(hands).status?.containerStatuses?.[0]?.restartCount;
  expect(restarts()).toBe(2);
  expect(state(hands)).toMatchObject({ waiting: { reason: 'CrashLoopBackOff' } });
  await double.run(9000);
  expect(restarts()).toBe(2);
  await double.run(2000);
  expect(restarts()).toBe(3);
  await double.run(18_000);
  expect(restarts()).toBe(3);
  await double.run(2000);
  expect(restarts()).toBe(4);
  expect(pod(hands).status?.phase).toBe('Running');
});

test('a pod that is not restarted ends', async () => {
  const { double, runtime, hands } = await setUp({ restartPolicy: 'Never' });
  runtime.crashing.set('p', 3);
  await double.settle();
  expect(pod(hands).status?.phase).toBe('Failed');
  expect(state(hands)).toMatchObject({ terminated: { exitCode: 3 } });
});

describe('a pod that is deleted', () => {
  test('goes when it has ended', async () => {
    const { double, runtime, hands } = await setUp();
    hands.delete(pods, pod(hands));
    expect(pod(hands).metadata).toMatchObject({ deletionGracePeriodSeconds: 30 });
    await double.settle();
    expect(hands.get(pods, key)).toBeUndefined();
    expect(runtime.running.size).toBe(0);
  });

  test('is killed when its grace is over', async () => {
    const { double, runtime, hands } = await setUp({ terminationGracePeriodSeconds: 60 });
    runtime.stubborn.add('p');
    hands.delete(pods, pod(hands));
    await double.run(59_000);
    expect(runtime.running.size).toBe(1);
    await double.run(2000);
    expect(hands.get(pods, key)).toBeUndefined();
    expect(runtime.running.size).toBe(0);
  });

  test('a second time has less grace, never more', async () => {
    const { runtime, hands } = await setUp();
    runtime.stubborn.add('p');
    hands.delete(pods, pod(hands), { gracePeriodSeconds: 20 });
    const first = pod(hands).metadata.deletionTimestamp;
    hands.delete(pods, pod(hands), { gracePeriodSeconds: 50 });
    expect(pod(hands).metadata.deletionTimestamp).toBe(first);
    hands.delete(pods, pod(hands), { gracePeriodSeconds: 5 });
    expect(pod(hands).metadata.deletionGracePeriodSeconds).toBe(5);
  });

  test('by force is gone at once, and stopped afterwards', async () => {
    const { double, runtime, hands } = await setUp();
    hands.delete(pods, pod(hands), { gracePeriodSeconds: 0 });
    expect(hands.get(pods, key)).toBeUndefined();
    expect(runtime.running.size).toBe(1);
    await double.settle();
    expect(runtime.running.size).toBe(0);
  });
});
