// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { statefulSet } from '../conformance/fixtures.ts';
import { ScenarioTools } from '../conformance/scenario-tools.ts';
import { type NodeObject, claims, nodes, volumes } from '../kinds/infrastructure.ts';
import { type Pod, conditionOf, isReady, pods, statefulSets } from '../kinds/workloads.ts';
import { KubeDouble } from '../kube-double.ts';
import { ScriptedRuntime } from '../pod-runtime.ts';
import { claimTemplates } from '../conformance/fixtures.ts';
import { Hands } from './hands.ts';

async function setUp(): Promise<{ double: KubeDouble; runtime: ScriptedRuntime; hands: Hands }> {
  const runtime = new ScriptedRuntime();
  const double = new KubeDouble({ runtime });
  const target = {
    api: double.connect(),
    settle: () => double.settle(),
    maxSettles: 5,
    quietSettles: 1,
    image: 'app:1',
    brokenImage: 'none:1',
    growsVolumes: true,
  };
  const tools = new ScenarioTools(target, 'default');
  const set = statefulSet(tools, { podManagementPolicy: 'Parallel', volumeClaimTemplates: claimTemplates });
  await tools.apply(statefulSets, set);
  for (const name of ['web-0', 'web-1', 'web-2']) await tools.becomesReady(name);
  await double.settle();
  return { double, runtime, hands: new Hands(double.core, 'test') };
}

function pod(hands: Hands, name: string): Pod {
  const found = hands.get(pods, { namespace: 'default', name });
  if (found === undefined) throw new Error(`${name} is gone`);
  return found;
}

function node(hands: Hands, name: string): NodeObject {
  const found = hands.get(nodes, { namespace: undefined, name });
  if (found === undefined) throw new Error(`${name} is gone`);
  return found;
}

test('pods of a set are spread over the zones, and their volumes stay where they are', async () => {
  const { double, hands } = await setUp();
  expect(new Set(hands.list(pods).map((one) => one.spec.nodeName)).size).toBe(3);
  const before = pod(hands, 'web-1').spec.nodeName;
  hands.delete(pods, pod(hands, 'web-1'));
  await double.settle();
  expect(pod(hands, 'web-1').spec.nodeName).toBe(before);
  const claim = hands.get(claims, { namespace: 'default', name: 'data-web-1' });
  const volume = hands.get(volumes, { namespace: undefined, name: claim?.spec.volumeName ?? '' });
  expect(volume).toMatchObject({
    status: { phase: 'Bound' },
    spec: { nodeAffinity: { key: 'topology.kubernetes.io/zone' } },
  });
});

test('a pod whose volume is on a cordoned node waits, and says why', async () => {
  const { double, hands } = await setUp();
  const name = pod(hands, 'web-1').spec.nodeName ?? '';
  hands.update(nodes, { ...node(hands, name), spec: { unschedulable: true } });
  hands.delete(pods, pod(hands, 'web-1'));
  await double.settle();
  expect(conditionOf(pod(hands, 'web-1'), 'PodScheduled')).toMatchObject({ status: 'False', reason: 'Unschedulable' });
  hands.update(nodes, { ...node(hands, name), spec: { unschedulable: false } });
  await double.settle();
  expect(pod(hands, 'web-1').status?.phase).toBe('Running');
});

describe('a machine that is cut off', () => {
  test('is told of, its pods are not ready, and after five minutes they are deleted but do not go', async () => {
    const { double, runtime, hands } = await setUp();
    const name = pod(hands, 'web-1').spec.nodeName ?? '';
    double.setMachine(name, 'cut-off');
    await double.settle();
    expect(node(hands, name).status?.conditions).toMatchObject([{ type: 'Ready', status: 'Unknown' }]);
    expect(node(hands, name).spec?.taints).toHaveLength(2);
    expect(isReady(pod(hands, 'web-1'))).toBe(false);
    await double.run(299_000, 60_000);
    expect(pod(hands, 'web-1').metadata.deletionTimestamp).toBeUndefined();
    await double.run(600_000, 60_000);
    expect(pod(hands, 'web-1').metadata.deletionTimestamp).toBeDefined();
    expect(runtime.running.size, 'its processes run on').toBe(3);
    double.setMachine(name, 'up');
    await double.settle();
    expect(pod(hands, 'web-1').metadata.deletionTimestamp).toBeUndefined();
    expect(node(hands, name).spec?.taints ?? []).toEqual([]);
  });

  test('comes back in time, and the pod is ready as before', async () => {
    const { double, hands } = await setUp();
    const { uid } = pod(hands, 'web-1').metadata;
    const name = pod(hands, 'web-1').spec.nodeName ?? '';
    double.setMachine(name, 'cut-off');
    await double.run(60_000, 10_000);
    double.setMachine(name, 'up');
    await double.settle();
    expect([pod(hands, 'web-1').metadata.uid, isReady(pod(hands, 'web-1'))]).toEqual([uid, true]);
  });
});

test('a machine that is off has no processes; when it is on again its pods are restarted', async () => {
  const { double, runtime, hands } = await setUp();
  const name = pod(hands, 'web-1').spec.nodeName ?? '';
  double.setMachine(name, 'off');
  await double.settle();
  expect(runtime.running.size).toBe(2);
  double.setMachine(name, 'up');
  await double.settle();
  expect(runtime.running.size).toBe(3);
  expect(pod(hands, 'web-1').status?.containerStatuses?.[0]?.restartCount).toBe(1);
});

test('pods of a machine that is said to be out of service, or whose node is deleted, are collected', async () => {
  for (const how of ['tainted', 'deleted']) {
    const { double, hands } = await setUp();
    const { uid } = pod(hands, 'web-1').metadata;
    const name = pod(hands, 'web-1').spec.nodeName ?? '';
    double.setMachine(name, 'off');
    await double.settle();
    const taint = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' };
    const lost = node(hands, name);
    if (how === 'deleted') hands.delete(nodes, lost);
    else hands.update(nodes, { ...lost, spec: { taints: [...(lost.spec?.taints ?? []), taint] } });
    await double.settle();
    expect(pod(hands, 'web-1').metadata.uid, how).not.toBe(uid);
  }
});
