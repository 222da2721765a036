// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { describe, expect, it } from 'vitest';
import { readCluster } from '../crd/read-cluster.ts';
import type { ShortLinkCluster, ShortLinkClusterStatus } from '../crd/shortlink-cluster.gen.ts';
import type { Observed, StoreState } from '../plan/observed.ts';
import type { Plan } from '../plan/step.ts';
import type { StatusInput } from './status.ts';
import { statusOf } from './status.ts';

const idle: Plan = { steps: [], otherwise: [], progress: undefined, waitingFor: undefined, refusals: [] };
const store: StoreState = {
  clusterId: 'c',
  mapEpoch: 2,
  ringEpoch: 5,
  operatorEpoch: 1,
  shardReplicas: 3,
  nodes: [
    {
      id: 'a',
      name: 'links-0',
      zone: 'z1',
      isDraining: false,
      liveness: 'alive',
      isHeld: false,
      version: '0.10.0',
      chunksHeld: 4,
      chunkBytes: 1,
      diskFreeBytes: 1,
      storeProblem: undefined,
    },
    {
      id: 'b',
      name: 'links-1',
      zone: '',
      isDraining: true,
      liveness: 'suspect',
      isHeld: false,
      version: '0.9.1',
      chunksHeld: undefined,
      chunkBytes: 1,
      diskFreeBytes: 1,
      storeProblem: undefined,
    },
  ],
  shards: [
    { id: 0, leaderNodeId: 'a', replicas: [{ nodeId: 'a', isLearner: false, lagEntries: 0 }] },
    {
      id: 1,
      leaderNodeId: 'a',
      replicas: [
        { nodeId: 'a', isLearner: false, lagEntries: 0 },
        { nodeId: 'b', isLearner: true, lagEntries: 9 },
      ],
    },
    { id: 2, leaderNodeId: undefined, replicas: [] },
  ],
  brake: 'two nodes are down',
  chunks: { total: 9, underReplicated: 1, moving: 0 },
};
const observed: Observed = {
  nowMs: Date.UTC(2026, 0, 2),
  outdatedObjects: [],
  strayObjects: [],
  statefulSet: undefined,
  pods: [],
  claims: [],
  kubeNodes: [],
  certificates: undefined,
  store,
};

function cluster(spec: object = {}, before?: ShortLinkClusterStatus): ShortLinkCluster {
  const metadata = { name: 'links', namespace: 'ns', generation: 3 };
  const written = { replicas: 3, storage: { size: '1Gi' }, ...spec };
  const read = readCluster({ apiVersion: 'shortlink.dev/v1alpha1', kind: 'ShortLinkCluster', metadata, spec: written });
  assert('cluster' in read, JSON.stringify(read));
  return { ...read.cluster, ...(before === undefined ? {} : { status: before }) };
}

function status(change: Partial<StatusInput> = {}): ShortLinkClusterStatus {
  const input = {
    cluster: cluster(),
    observed,
    plan: idle,
    failure: undefined,
    image: 'i',
    upload: undefined,
    uploads: undefined,
  };
  return statusOf({ ...input, ...change });
}

const condition = (of: ShortLinkClusterStatus, type: string) => of.conditions?.find((one) => one.type === type);

describe('the status', () => {
  it('says what the store says', () => {
    expect(status()).toMatchObject({
      observedGeneration: 3,
      clusterID: 'c',
      version: '0.9.1',
      shardCount: 2,
      nodes: [
        { id: 'a', pod: 'links-0', zone: 'z1', state: 'ALIVE', shardsLed: 1, chunksHeld: 4, version: '0.10.0' },
        { id: 'b', pod: 'links-1', zone: '', state: 'DRAINING', shardsLed: 0 },
      ],
      shards: [
        { id: 1, leader: 'links-0', voters: 1, learners: 1 },
        { id: 2, voters: 0, learners: 0 },
      ],
      ring: { epoch: 5, balanced: false, held: 'two nodes are down' },
      chunks: { total: 9, underReplicated: 1 },
      selector: 'shortlink.dev/cluster=links,app.kubernetes.io/component=node',
    });
  });

  it('keeps what was known while nobody answers', () => {
    const before = status();
    const after = status({ cluster: cluster({}, before), observed: { ...observed, store: undefined } });
    expect(after.nodes).toEqual(before.nodes);
    expect(condition(after, 'RingBalanced')).toMatchObject({ status: 'Unknown', reason: 'NoAnswer' });
    expect(condition(after, 'Ready')).toMatchObject({ status: 'False', reason: 'NoPodReady' });
  });

  it('keeps the time of a condition, and of a step, for as long as they stay', () => {
    const plan = { ...idle, waitingFor: 'pod links-1 to be ready', progress: 'Scaling' } as const;
    const before = status({ plan });
    const later = { ...observed, nowMs: observed.nowMs + 60_000 };
    const after = status({ plan, cluster: cluster({}, before), observed: later });
    expect(after.plan).toEqual(before.plan);
    expect(after.conditions).toEqual(before.conditions);
    const done = status({ cluster: cluster({}, before), observed: later });
    expect(done.plan).toBeUndefined();
    expect(condition(done, 'Scaling')).toMatchObject({ status: 'False', lastTransitionTime: '2026-01-02T00:01:00Z' });
    expect(condition(before, 'Scaling')).toMatchObject({
      status: 'True',
      message: 'Waiting for pod links-1 to be ready.',
    });
  });

  it('names the next step and its reason', () => {
    const action = { kind: 'removeNode', nodeId: 'b' } as const;
    const plan: Plan = { ...idle, progress: 'Scaling', steps: [{ action, reason: 'spec.replicas is 1' }] };
    expect(status({ plan }).plan).toEqual({
      step: 'removeNode b',
      reason: 'spec.replicas is 1',
      since: '2026-01-02T00:00:00Z',
      remaining: 0,
    });
  });
});

describe('conditions', () => {
  it.each([
    ['a step that failed', { failure: 'deletePod links-1 failed: forbidden' }, 'StepFailed', 'forbidden'],
    ['a refusal', { plan: { ...idle, refusals: ['no room'] } }, 'Refused', 'no room'],
    ['a node that is away', {}, 'NodeNotAlive', 'links-1'],
  ] as const)('say why the cluster is degraded: %s', (_, change, reason, words) => {
    const degraded = condition(status(change), 'Degraded');
    expect(degraded).toMatchObject({ status: 'True', reason });
    expect(degraded?.message).toContain(words);
  });

  it('say whether Prometheus is told of the pods, and why not', () => {
    const asking = cluster({ monitoring: { podMonitor: { enabled: true } } });
    const monitored = (change: Partial<StatusInput>) => condition(status(change), 'Monitored');
    expect(monitored({})).toBeUndefined();
    expect(monitored({ cluster: asking })).toMatchObject({ status: 'True', reason: 'PodMonitor' });
    const problem = monitored({ cluster: asking, podMonitorProblem: 'Kubernetes knows no PodMonitor' });
    expect(problem).toMatchObject({ status: 'False', reason: 'NoPodMonitors' });
    expect(problem?.message).toContain('Kubernetes knows no PodMonitor. Is the Prometheus operator installed?');
  });

  it.each([
    [1, 'False', 'TooFew'],
    [3, 'True', 'Odd'],
    [4, 'False', 'Even'],
  ] as const)('advise on the number of nodes: %i', (replicas, wanted, reason) => {
    expect(condition(status({ cluster: cluster({ replicas }) }), 'SizeAdvised')).toMatchObject({
      status: wanted,
      reason,
    });
  });

  const objectStore = { objectStore: { url: 's3://bucket/prefix' } };
  const waiting = (count: number, oldestStartMs?: number) => [
    { shard: 1, waiting: count, oldestStartMs, chunkCount: 0, chunkBytes: 0 },
  ];
  const asked = (requestedAt: string): ShortLinkClusterStatus => ({ upload: { reason: 'Annotation', requestedAt } });
  it.each([
    ['without a store', {}, undefined, undefined, 'Unknown', 'NoObjectStore'],
    ['while nobody answers', objectStore, undefined, undefined, 'Unknown', 'NoAnswer'],
    [
      'with a wrong schedule',
      { ...objectStore, chunks: { uploadSchedule: '99 * * * *' } },
      undefined,
      [],
      'False',
      'WrongSchedule',
    ],
    ['with many waiting', objectStore, undefined, waiting(4), 'False', 'Behind'],
    ['long after it was asked for', objectStore, asked('2026-01-01T22:59:00Z'), waiting(1), 'False', 'Late'],
    [
      'long after it was asked for, of what was written since',
      objectStore,
      asked('2026-01-01T22:59:00Z'),
      waiting(1, Date.parse('2026-01-01T23:30:00Z')),
      'True',
      'Uploading',
    ],
    ['soon after it was asked for', objectStore, asked('2026-01-01T23:01:00Z'), waiting(1), 'True', 'Uploading'],
    ['as usual', objectStore, undefined, waiting(3), 'True', 'Uploading'],
  ] as const)('say how uploads are: %s', (_, spec, before, uploads, wanted, reason) => {
    const said = condition(status({ cluster: cluster(spec, before), uploads }), 'UploadsHealthy');
    expect(said).toMatchObject({ status: wanted, reason });
  });

  it('repeat what a node says of the object store, unless too much waits', () => {
    const message = 'export of generation 3 of shard 1: connect ECONNREFUSED';
    const nodes = store.nodes.map((node) => (node.id === 'b' ? { ...node, storeProblem: message } : node));
    const uploads = (count: number) =>
      status({
        cluster: cluster(objectStore),
        observed: { ...observed, store: { ...store, nodes } },
        uploads: waiting(count),
      });
    expect(condition(uploads(0), 'UploadsHealthy')).toMatchObject({
      status: 'False',
      reason: 'Failing',
      message: `Node links-1: ${message}`,
    });
    expect(condition(uploads(4), 'UploadsHealthy')).toMatchObject({ status: 'False', reason: 'Behind' });
  });

  it('tell a shard without a leader from a cluster that serves', () => {
    const pods = [
      {
        uid: 'u',
        resourceVersion: '1',
        name: 'links-0',
        ordinal: 0,
        templateHash: '',
        isReady: true,
        isDeleting: false,
        kubeNode: 'm',
        zone: undefined,
        isFenced: false,
        isStopped: false,
        problem: undefined,
        waitsFor: undefined,
      },
    ];
    const without = status({ observed: { ...observed, pods } });
    expect(condition(without, 'Ready')).toMatchObject({ status: 'False', message: 'No leader: shard 2.' });
    expect(condition(without, 'ZonesKnown')).toMatchObject({ status: 'False', reason: 'NodesNotReadable' });
    const shards = store.shards.slice(0, 2);
    const whole = status({ observed: { ...observed, pods, store: { ...store, shards } } });
    expect(condition(whole, 'Ready')).toMatchObject({ status: 'True', reason: 'Serving' });
    const fenced = pods.map((one) => ({ ...one, isReady: false, isFenced: true }));
    const standing = status({ observed: { ...observed, pods: fenced } });
    expect(condition(standing, 'Degraded')).toMatchObject({
      reason: 'NodesFenced',
      message: 'Fenced by spec.fencedNodes: links-0.',
    });
    expect(standing.nodes?.find((one) => one.pod === 'links-0')).toMatchObject({ state: 'FENCED' });
  });
});
