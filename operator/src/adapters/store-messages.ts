// SPDX-License-Identifier: Apache-2.0
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type {
  ClusterMap,
  GetStatusResponse,
  Replica,
  ReplicaStatus,
  Ring,
  RingNode as RingNodeMessage,
  ShardChunks,
} from '@shortlink/proto/admin.ts';
import { GenerationState, Liveness, NodeState } from '@shortlink/proto/admin.ts';
import type {
  ClusterMapReport,
  MapShard,
  NodeReport,
  ReplicaReport,
  RingNode,
  RingReport,
  UploadReport,
} from '../ports/store-api.ts';

export function nodeReport({
  nodeId,
  name,
  version,
  waitingFor,
  map,
  replicas,
  leaders,
  ring,
}: GetStatusResponse): NodeReport {
  return {
    nodeId: nodeId === '' ? undefined : nodeId,
    name,
    version,
    waitingFor,
    map: map === undefined ? undefined : mapReport(map),
    replicas: replicas.map(replicaReport),
    leaders: leaders.map(({ shardId, nodeId: leader }) => ({ shard: shardId, nodeId: leader })),
    ring: ring === undefined ? undefined : ringReport(ring),
  };
}

function mapReport({ clusterId, epoch, ringEpoch, shardReplicas, nodes, meta, shards }: ClusterMap): ClusterMapReport {
  const isDraining = (state: NodeState): boolean => state === NodeState.DRAINING;
  return {
    clusterId,
    epoch: Number(epoch),
    ringEpoch: Number(ringEpoch),
    shardReplicas,
    nodes: nodes.map(({ id, name, zone, state, isOut }) => ({ id, name, zone, isOut, isDraining: isDraining(state) })),
    shards: [mapShard(0, meta), ...shards.map(({ id, replicas }) => mapShard(id, replicas))],
  };
}

function mapShard(id: number, replicas: readonly Replica[]): MapShard {
  return { id, replicas: replicas.map(({ nodeId, learner }) => ({ nodeId, isLearner: learner })) };
}

function replicaReport({ shardId, commitIndex, appliedIndex, healthy }: ReplicaStatus): ReplicaReport {
  return {
    shard: shardId,
    commitIndex: Number(commitIndex),
    appliedIndex: Number(appliedIndex),
    isHealthy: healthy,
  };
}

function ringReport({ epoch, operatorEpoch, brake, nodes, chunks }: Ring): RingReport {
  return {
    epoch: Number(epoch),
    operatorEpoch: Number(operatorEpoch),
    brake,
    nodes: nodes.flatMap((node) => ringNode(node) ?? []),
    chunks: {
      total: Number(chunks?.total ?? 0n),
      underReplicated: Number(chunks?.underReplicated ?? 0n),
      moving: Number(chunks?.moving ?? 0n),
    },
  };
}

/** Undefined for a state that a later version knows: it counts as nothing known. */
function ringNode({ id, state, heldUntilMs, ...rest }: RingNodeMessage): RingNode | undefined {
  const liveness = livenessOf(state);
  if (liveness === undefined) return undefined;
  const numbers = {
    chunksHeld: numberOf(rest.chunksHeld),
    chunkBytes: numberOf(rest.chunkBytes),
    diskFreeBytes: numberOf(rest.diskFreeBytes),
  };
  return { id, liveness, isHeld: heldUntilMs !== undefined, ...numbers, storeProblem: rest.storeProblem };
}

function livenessOf(state: Liveness): RingNode['liveness'] | undefined {
  switch (state) {
    case Liveness.ALIVE:
      return 'alive';
    case Liveness.SUSPECT:
      return 'suspect';
    case Liveness.DOWN:
      return 'down';
    case Liveness.OUT:
      return 'out';
    default:
      return undefined;
  }
}

function numberOf(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

export function uploadReport({ shardId, generations, chunkCount, chunkBytes }: ShardChunks): UploadReport {
  const waiting = generations.filter(({ state }) => state !== GenerationState.ACTIVE);
  const starts = waiting.flatMap(({ startTime }) => (startTime === undefined ? [] : [timestampMs(startTime)]));
  const isKnown = waiting.length > 0 && starts.length === waiting.length;
  return {
    shard: shardId,
    waiting: waiting.length,
    oldestStartMs: isKnown ? Math.min(...starts) : undefined,
    chunkCount: Number(chunkCount),
    chunkBytes: Number(chunkBytes),
  };
}
