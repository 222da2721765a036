// SPDX-License-Identifier: Apache-2.0
import type { Intent } from '../intent.ts';
import { makePlan } from '../make-plan.ts';
import type { ClaimState, Observed, PodState, StoreNode, StoreShard } from '../observed.ts';
import type { Plan } from '../step.ts';

// What a planner may see and want, for examples in which a few things differ.

export const version = { uid: 'u', resourceVersion: '1' };
const intent: Intent = {
  name: 'links',
  replicas: 3,
  templateHash: 'new',
  volumeBytes: 1000,
  deletesVolumes: false,
  drainedPods: [],
  isPaused: false,
  isSuspended: false,
  uploadReason: undefined,
  fencedPods: [],
  tls: undefined,
};

export const pod = (ordinal: number, change: Partial<PodState> = {}): PodState => ({
  ...version,
  uid: `pod-${ordinal}`,
  name: `links-${ordinal}`,
  ordinal,
  templateHash: 'new',
  isReady: true,
  isDeleting: false,
  kubeNode: `m${ordinal}`,
  zone: 'z',
  isFenced: false,
  isStopped: false,
  problem: undefined,
  waitsFor: undefined,
  ...change,
});

export const claim = (ordinal: number, change: Partial<ClaimState> = {}): ClaimState => ({
  ...version,
  uid: `claim-${ordinal}`,
  name: `data-links-${ordinal}`,
  ordinal,
  requestedBytes: 1000,
  capacityBytes: 1000,
  canGrow: true,
  isLost: false,
  isDeleting: false,
  nodeId: `n${ordinal}`,
  goesWithCluster: false,
  resizeProblem: undefined,
  ...change,
});

export const node = (ordinal: number, change: Partial<StoreNode> = {}): StoreNode => ({
  id: `n${ordinal}`,
  name: `links-${ordinal}`,
  zone: '',
  version: undefined,
  isDraining: false,
  liveness: 'alive',
  isHeld: false,
  chunksHeld: 10,
  chunkBytes: 100,
  diskFreeBytes: 1000,
  storeProblem: undefined,
  ...change,
});

export const shard = (
  id: number,
  leaderNodeId: string | undefined,
  lags: readonly number[] = [0, 0, 0],
): StoreShard => ({
  id,
  leaderNodeId,
  replicas: lags.map((lagEntries, ordinal) => ({ nodeId: `n${ordinal}`, isLearner: false, lagEntries })),
});

/** Of `count` pods, all well; what differs is given. */
export function observe(
  count: number,
  change: Partial<Observed> = {},
  store: Partial<NonNullable<Observed['store']>> = {},
): Observed {
  const ordinals = Array.from({ length: count }, (_, i) => i);
  return {
    nowMs: 0,
    outdatedObjects: [],
    strayObjects: [],
    statefulSet: { ...version, replicas: count, isObserved: true, claimBytes: 1000 },
    pods: ordinals.map((i) => pod(i)),
    claims: ordinals.map((i) => claim(i)),
    kubeNodes: ordinals.map((i) => ({ name: `m${i}`, isReady: true, zone: 'z' })),
    certificates: undefined,
    store: {
      clusterId: 'c',
      mapEpoch: 1,
      ringEpoch: 1,
      operatorEpoch: 1,
      shardReplicas: 3,
      nodes: ordinals.map((i) => node(i)),
      shards: [shard(0, 'n0'), shard(1, 'n1')],
      brake: '',
      chunks: { total: 30, underReplicated: 0, moving: 0 },
      ...store,
    },
    ...change,
  };
}

export const plan = (observed: Observed, change: Partial<Intent> = {}): Plan =>
  makePlan(observed, { ...intent, ...change });
/** The steps in short. */
export const actions = ({ steps }: Plan): string[] =>
  steps.map(({ action: { kind, ...rest } }) =>
    [kind, ...Object.values(rest).filter((one) => typeof one !== 'object')].join(' '),
  );
