// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { type PersistentVolumeClaim, claims, storageClasses, volumes } from '../kinds/infrastructure.ts';
import { pods } from '../kinds/workloads.ts';
import { KubeDouble } from '../kube-double.ts';
import { Hands } from './hands.ts';

const key = { namespace: 'default', name: 'data' };

async function setUp(expansion: string, reclaimPolicy = 'Delete'): Promise<{ double: KubeDouble; hands: Hands }> {
  const double = new KubeDouble();
  const hands = new Hands(double.core, 'test');
  hands.create(storageClasses, {
    apiVersion: storageClasses.apiVersion,
    kind: storageClasses.kind,
    metadata: { name: 'other' },
    provisioner: 'double.test',
    allowVolumeExpansion: true,
    reclaimPolicy,
    parameters: { expansion },
  });
  hands.create(claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: key,
    spec: { storageClassName: 'other', resources: { requests: { storage: '1Gi' } } },
  });
  await double.settle();
  return { double, hands };
}

function claim(hands: Hands): PersistentVolumeClaim {
  const found = hands.get(claims, key);
  if (found === undefined) throw new Error('the claim is gone');
  return found;
}

function startPod(hands: Hands): void {
  const volume = { name: 'data', persistentVolumeClaim: { claimName: 'data' } };
  const spec = { containers: [{ name: 'main', image: 'app:1' }], volumes: [volume] };
  hands.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: 'p' }, spec });
}

function stopPod(hands: Hands): void {
  for (const pod of hands.list(pods)) hands.delete(pods, pod);
}

function grow(hands: Hands, storage: string): void {
  hands.update(claims, { ...claim(hands), spec: { ...claim(hands).spec, resources: { requests: { storage } } } });
}

describe('a volume', () => {
  test('that grows online needs a pod for its file system only', async () => {
    const { double, hands } = await setUp('online');
    expect(claim(hands).status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } });
    grow(hands, '2Gi');
    await double.settle();
    expect(claim(hands).status).toMatchObject({
      capacity: { storage: '1Gi' },
      conditions: [{ type: 'FileSystemResizePending', status: 'True' }],
    });
    startPod(hands);
    await double.settle();
    expect(claim(hands).status).toMatchObject({ capacity: { storage: '2Gi' }, conditions: [] });
  });

  test('that grows offline waits until nobody uses it', async () => {
    const { double, hands } = await setUp('offline');
    startPod(hands);
    await double.settle();
    grow(hands, '2Gi');
    await double.settle();
    expect(claim(hands).status?.conditions).toMatchObject([{ type: 'Resizing' }]);
    stopPod(hands);
    await double.settle();
    expect(claim(hands).status?.conditions).toMatchObject([{ type: 'FileSystemResizePending' }]);
    startPod(hands);
    await double.settle();
    expect(claim(hands).status?.capacity?.storage).toBe('2Gi');
  });

  test('that cannot grow says so, and takes back what was asked for, down to what it has', async () => {
    const { double, hands } = await setUp('fails');
    startPod(hands);
    grow(hands, '4Gi');
    await double.settle();
    expect(claim(hands).status).toMatchObject({
      conditions: [{ type: 'ControllerResizeError' }],
      allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' },
    });
    expect(() => grow(hands, '512Mi')).toThrow('less than status.capacity');
    grow(hands, '2Gi');
    expect(claim(hands).spec.resources?.requests?.storage).toBe('2Gi');
  });
});

test('a volume whose claim is gone is deleted or kept, as its class says', async () => {
  for (const policy of ['Delete', 'Retain']) {
    const { double, hands } = await setUp('online', policy);
    hands.delete(claims, claim(hands));
    await double.settle();
    const phases = hands.list(volumes).map((one) => one.status?.phase);
    expect(phases, policy).toEqual(policy === 'Delete' ? [] : ['Released']);
  }
});

test('a claim of a class that nobody knows stays pending', async () => {
  const { double, hands } = await setUp('online');
  hands.create(claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: 'default', name: 'lost' },
    spec: { storageClassName: 'none', resources: { requests: { storage: '1Gi' } } },
  });
  await double.settle();
  expect(hands.get(claims, { namespace: 'default', name: 'lost' })?.status?.phase).toBe('Pending');
});
