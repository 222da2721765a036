// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap, ReplicaInfo } from './cluster-map.ts';
import { changed, refused, replicasOf, unchanged } from './meta-state.ts';
import type { MetaState, Outcome } from './meta-state.ts';

export function addReplica(
  state: MetaState,
  map: ClusterMap,
  { shard, nodeId, why }: { readonly shard: ShardId; readonly nodeId: NodeId; readonly why: string },
): Outcome {
  const replicas = replicasOf(map, shard);
  if (replicas === undefined) return refused(state, `there is no shard ${shard}`);
  if (!map.nodes.some((n) => n.id === nodeId)) return refused(state, `there is no node ${nodeId}`);
  if (replicas.some((r) => r.nodeId === nodeId))
    return refused(state, `node ${nodeId} has a replica of shard ${shard}`);
  const replicaId = state.nextReplicaId;
  const next = withReplicas(map, shard, [...replicas, { id: replicaId, nodeId, role: 'learner' }]);
  const outcome = changed({ ...state, nextReplicaId: replicaId + 1 }, next, {
    kind: 'replicaAdded',
    nodeId,
    shard,
    replicaId,
    reason: why,
  });
  return { ...outcome, result: { ok: true, epoch: map.epoch + 1, replicaId } };
}

export function changeReplicas(
  state: MetaState,
  map: ClusterMap,
  target: {
    readonly shard: ShardId;
    readonly replicaId: ReplicaId;
    readonly kind: 'replicaPromoted' | 'replicaRemoved';
    readonly why: string;
  },
  change: (replicas: readonly ReplicaInfo[]) => readonly ReplicaInfo[],
): Outcome {
  const { shard, replicaId, kind, why } = target;
  const replicas = replicasOf(map, shard);
  if (replicas === undefined) return refused(state, `there is no shard ${shard}`);
  const replica = replicas.find((r) => r.id === replicaId);
  if (replica === undefined) return unchanged(state, map);
  const next = change(replicas);
  if (next.length === 0) return refused(state, `replica ${replicaId} is the last one of shard ${shard}`);
  const event = { kind, nodeId: replica.nodeId, shard, replicaId, reason: why };
  return changed(state, withReplicas(map, shard, next), event);
}

function withReplicas(map: ClusterMap, shard: ShardId, replicas: readonly ReplicaInfo[]): ClusterMap {
  if (shard === metaShardId) return { ...map, meta: replicas };
  return { ...map, shards: map.shards.map((s) => (s.id === shard ? { ...s, replicas } : s)) };
}
