// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { CachedObjects } from './observe.ts';
import { observe } from './observe.ts';

const meta = (name: string, more: object = {}) => ({
  name,
  namespace: 'ns',
  uid: `uid-${name}`,
  resourceVersion: '7',
  ...more,
});
const pod = (name: string, status: object, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta(name, more),
  spec: { nodeName: 'm1' },
  status,
});
const claim = (name: string, more: object, annotations: object = {}) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: meta(name, { annotations }),
  spec: { storageClassName: 'fast', resources: { requests: { storage: '2Gi' } } },
  ...more,
});
const nothing: CachedObjects = { statefulSet: undefined, pods: [], claims: [], machines: [], storageClasses: [] };

function seen(cached: Partial<CachedObjects>, waits: ReadonlyMap<string, string> = new Map()) {
  const rest = {
    outdatedObjects: [],
    strayObjects: [],
    certificates: undefined,
    store: undefined,
    nowMs: 1,
    waits,
  };
  return observe({
    cluster: { name: 'links', uid: 'cluster' },
    cached: { ...nothing, ...cached },
    zoneLabel: 'zone',
    ...rest,
  });
}

describe('what the caches show', () => {
  it('of pods: readiness, template, zone, and why they do not run', () => {
    const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    const annotations = { 'shortlink.dev/pod-hash': 'h', 'shortlink.dev/zone': 'z1' };
    const waiting = { name: 'node', state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } };
    const crashed = { name: 'node', state: { terminated: { reason: 'Error', exitCode: 2 } } };
    const starting = { name: 'node', state: { waiting: { reason: 'PodInitializing' } } };
    const finished = { terminated: { reason: 'Completed', exitCode: 0 } };
    const unscheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no machine fits' };
    const { pods } = seen({
      pods: [
        pod('links-0', ready, { annotations }),
        pod('links-1', ready, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
        pod('links-2', { containerStatuses: [waiting] }),
        pod('links-3', { containerStatuses: [crashed] }),
        pod('links-4', { conditions: [unscheduled] }),
        pod('links-5', { containerStatuses: [{ name: 'node', state: { waiting: { reason: 'ContainerCreating' } } }] }),
        pod('links-6', {
          initContainerStatuses: [{ name: 'rebuild', state: crashed.state }],
          containerStatuses: [starting],
        }),
        pod('links-7', { initContainerStatuses: [{ name: 'rebuild', state: finished }], containerStatuses: [waiting] }),
        pod('links-05', ready),
        pod('other-0', ready),
      ],
    });
    expect(pods.map(({ ordinal, isReady, isDeleting, problem }) => [ordinal, isReady, isDeleting, problem])).toEqual([
      [0, true, false, undefined],
      [1, false, true, undefined],
      [2, false, false, 'ImagePullBackOff: no such image'],
      [3, false, false, 'Error, exit code 2'],
      [4, false, false, 'Unschedulable: no machine fits'],
      [5, false, false, undefined],
      [6, false, false, 'rebuild: Error, exit code 2'],
      [7, false, false, 'ImagePullBackOff: no such image'],
    ]);
    expect(pods[0]).toMatchObject({ templateHash: 'h', zone: 'z1', kubeNode: 'm1', uid: 'uid-links-0' });
  });

  it('of nodes: what they wait for', () => {
    const waits = new Map([['links-1', 'a member that lets this node join']]);
    const { pods } = seen({ pods: [pod('links-0', {}), pod('links-1', {})] }, waits);
    expect(pods.map(({ waitsFor }) => waitsFor)).toEqual([undefined, 'a member that lets this node join']);
  });

  it('of volumes: sizes, whether they can grow, whose data they hold, and that they are lost', () => {
    const fast = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: meta('fast'),
      allowVolumeExpansion: true,
    };
    const bound = { status: { phase: 'Bound', capacity: { storage: '1Gi' } } };
    const resizing = { type: 'FileSystemResizePending', status: 'True', message: 'waiting for the pod' };
    const { claims } = seen({
      storageClasses: [fast],
      claims: [
        claim('data-links-0', bound, { 'shortlink.dev/node-id': 'abc' }),
        claim('data-links-1', { status: { ...bound.status, conditions: [resizing] } }),
        claim('data-links-2', { status: { phase: 'Lost' } }),
        claim('other-links-3', bound),
      ],
    });
    const gib = 2 ** 30;
    expect(
      claims.map(({ ordinal, requestedBytes, capacityBytes }) => [ordinal, requestedBytes, capacityBytes]),
    ).toEqual([
      [0, 2 * gib, gib],
      [1, 2 * gib, gib],
      [2, 2 * gib, undefined],
    ]);
    expect(
      claims.map(({ nodeId, resizeProblem, isLost, canGrow }) => [nodeId, resizeProblem, isLost, canGrow]),
    ).toEqual([
      ['abc', undefined, false, true],
      [undefined, 'waiting for the pod', false, true],
      [undefined, undefined, true, true],
    ]);
    const unread = seen({ claims: [claim('data-links-0', bound)] }).claims;
    const fixed = seen({
      storageClasses: [{ ...fast, allowVolumeExpansion: false }],
      claims: [claim('data-links-0', bound)],
    }).claims;
    expect([unread[0]?.canGrow, fixed[0]?.canGrow]).toEqual([undefined, false]);
  });

  it('of the StatefulSet: whether its controller has seen the spec, and what it will claim', () => {
    const set = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: meta('links', { generation: 3 }),
      spec: { replicas: 4, volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '1Gi' } } } }] },
      status: { observedGeneration: 2 },
    };
    expect(seen({ statefulSet: set }).statefulSet).toMatchObject({
      replicas: 4,
      isObserved: false,
      claimBytes: 2 ** 30,
    });
    const current = { ...set, status: { observedGeneration: 3 } };
    expect(seen({ statefulSet: current }).statefulSet?.isObserved).toBe(true);
  });

  it('of machines: readiness and zone', () => {
    const machine = { apiVersion: 'v1', kind: 'Node', metadata: { ...meta('m1'), labels: { zone: 'z1' } } };
    const ready = { ...machine, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    expect(seen({ machines: [ready, machine] }).kubeNodes).toEqual([
      { name: 'm1', isReady: true, zone: 'z1' },
      { name: 'm1', isReady: false, zone: 'z1' },
    ]);
  });
});
