// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { ClusterId, NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap, ClusterPolicy, NodeInfo, ReplicaInfo, ShardInfo } from './cluster-map.ts';
import { initialSplits } from './initial-splits.ts';

/** What the founders agreed on before the meta group started (design §3, Formation). */
export interface FormationRecord {
  readonly clusterId: ClusterId;
  readonly founders: readonly NodeInfo[];
  readonly initialShards: number;
  readonly policy: ClusterPolicy;
}

/** Mutations of the meta group's state; each is a no-op with a reason when it comes late or twice. */
export type MetaCommand =
  | { readonly type: 'initialize'; readonly record: FormationRecord }
  | { readonly type: 'putNode'; readonly node: Omit<NodeInfo, 'state'> }
  | { readonly type: 'setNodeState'; readonly nodeId: NodeId; readonly state: 'active' | 'draining' }
  | { readonly type: 'removeNode'; readonly nodeId: NodeId }
  | { readonly type: 'addReplica'; readonly shard: ShardId; readonly nodeId: NodeId }
  | { readonly type: 'promoteReplica'; readonly shard: ShardId; readonly replicaId: ReplicaId }
  | { readonly type: 'removeReplica'; readonly shard: ShardId; readonly replicaId: ReplicaId };

export type MetaResult =
  | { readonly ok: true; readonly epoch: number; readonly replicaId?: ReplicaId | undefined }
  | { readonly ok: false; readonly message: string };

/** The map and the counters that must never go back. */
export interface MetaState {
  readonly map: ClusterMap | undefined;
  readonly nextReplicaId: ReplicaId;
}

export const emptyMetaState: MetaState = { map: undefined, nextReplicaId: 1 };

/** Founders take the replica ids 1…n of the meta group, in the order of their node ids. */
export function foundingMetaReplicas(record: FormationRecord): readonly ReplicaInfo[] {
  return sortedFounders(record)
    .slice(0, record.policy.shardReplicas)
    .map((node, i) => ({ id: i + 1, nodeId: node.id, role: 'voter' }));
}

export function applyMetaCommand(
  state: MetaState,
  command: MetaCommand,
): { readonly state: MetaState; readonly result: MetaResult } {
  if (command.type === 'initialize') return initialize(state, command.record);
  const map = state.map;
  if (map === undefined) return refused(state, 'the cluster has not formed yet');
  switch (command.type) {
    case 'putNode':
      return putNode(state, map, command.node);
    case 'setNodeState':
      return setNodeState(state, map, command.nodeId, command.state);
    case 'removeNode':
      return removeNode(state, map, command.nodeId);
    case 'addReplica':
      return addReplica(state, map, command.shard, command.nodeId);
    case 'promoteReplica':
      return changeReplicas(state, map, command, (replicas) =>
        replicas.map((replica) =>
          replica.id === command.replicaId ? { ...replica, role: 'voter' as const } : replica,
        ),
      );
    case 'removeReplica':
      return changeReplicas(state, map, command, (replicas) =>
        replicas.filter((replica) => replica.id !== command.replicaId),
      );
  }
}

export function replicasOf(map: ClusterMap, shard: ShardId): readonly ReplicaInfo[] | undefined {
  return shard === metaShardId ? map.meta : map.shards.find((s) => s.id === shard)?.replicas;
}

type Outcome = { readonly state: MetaState; readonly result: MetaResult };

function initialize(state: MetaState, record: FormationRecord): Outcome {
  if (state.map !== undefined) return refused(state, 'the cluster is formed already');
  const founders = sortedFounders(record);
  const meta = foundingMetaReplicas(record);
  let nextReplicaId = founders.length + 1;
  const starts = initialSplits(record.initialShards);
  const shards = starts.map((start, i): ShardInfo => {
    const replicas = Array.from({ length: Math.min(record.policy.shardReplicas, founders.length) }, (_, r) => {
      const node = founders[(i + r) % founders.length];
      assert(node !== undefined, 'a shard needs a founder');
      return { id: nextReplicaId++, nodeId: node.id, role: 'voter' as const };
    });
    return { id: i + 1, start, end: starts[i + 1], founders: replicas, replicas };
  });
  const map: ClusterMap = {
    clusterId: record.clusterId,
    epoch: 1,
    policy: record.policy,
    nodes: founders.map((node) => ({ ...node, state: 'active' })),
    meta,
    shards,
  };
  return { state: { map, nextReplicaId }, result: { ok: true, epoch: 1 } };
}

function putNode(state: MetaState, map: ClusterMap, node: Omit<NodeInfo, 'state'>): Outcome {
  const known = map.nodes.find((n) => n.id === node.id);
  const next: NodeInfo = { ...node, state: known?.state ?? 'active' };
  if (known !== undefined && JSON.stringify(known) === JSON.stringify(next)) return unchanged(state, map);
  // Whoever had the name before has lost its volume: it cannot come back under another id, so its replicas move away.
  const others = map.nodes
    .filter((n) => n.id !== node.id)
    .map((n) => (n.name === node.name ? { ...n, state: 'draining' as const } : n));
  const nodes = [...others, next].sort((a, b) => (a.id < b.id ? -1 : 1));
  return changed(state, { ...map, nodes });
}

function setNodeState(state: MetaState, map: ClusterMap, nodeId: NodeId, next: 'active' | 'draining'): Outcome {
  const known = map.nodes.find((n) => n.id === nodeId);
  if (known === undefined) return refused(state, `there is no node ${nodeId}`);
  if (known.state === next) return unchanged(state, map);
  if (next === 'draining' && map.nodes.every((n) => n.id === nodeId || n.state === 'draining')) {
    return refused(state, `node ${nodeId} is the last active one; add another node first`);
  }
  return changed(state, { ...map, nodes: map.nodes.map((n) => (n.id === nodeId ? { ...n, state: next } : n)) });
}

function removeNode(state: MetaState, map: ClusterMap, nodeId: NodeId): Outcome {
  if (!map.nodes.some((n) => n.id === nodeId)) return unchanged(state, map);
  const holding = [map.meta, ...map.shards.map((s) => s.replicas)].some((rs) => rs.some((r) => r.nodeId === nodeId));
  if (holding) return refused(state, `node ${nodeId} still holds replicas; drain it first`);
  return changed(state, { ...map, nodes: map.nodes.filter((n) => n.id !== nodeId) });
}

function addReplica(state: MetaState, map: ClusterMap, shard: ShardId, nodeId: NodeId): Outcome {
  const replicas = replicasOf(map, shard);
  if (replicas === undefined) return refused(state, `there is no shard ${shard}`);
  if (!map.nodes.some((n) => n.id === nodeId)) return refused(state, `there is no node ${nodeId}`);
  if (replicas.some((r) => r.nodeId === nodeId))
    return refused(state, `node ${nodeId} has a replica of shard ${shard}`);
  const id = state.nextReplicaId;
  const next = withReplicas(map, shard, [...replicas, { id, nodeId, role: 'learner' }]);
  const outcome = changed({ ...state, nextReplicaId: id + 1 }, next);
  return { ...outcome, result: { ok: true, epoch: map.epoch + 1, replicaId: id } };
}

function changeReplicas(
  state: MetaState,
  map: ClusterMap,
  target: { readonly shard: ShardId; readonly replicaId: ReplicaId },
  change: (replicas: readonly ReplicaInfo[]) => readonly ReplicaInfo[],
): Outcome {
  const replicas = replicasOf(map, target.shard);
  if (replicas === undefined) return refused(state, `there is no shard ${target.shard}`);
  if (!replicas.some((r) => r.id === target.replicaId)) return unchanged(state, map);
  const next = change(replicas);
  if (next.length === 0) return refused(state, `replica ${target.replicaId} is the last one of shard ${target.shard}`);
  return changed(state, withReplicas(map, target.shard, next));
}

function withReplicas(map: ClusterMap, shard: ShardId, replicas: readonly ReplicaInfo[]): ClusterMap {
  if (shard === metaShardId) return { ...map, meta: replicas };
  return { ...map, shards: map.shards.map((s) => (s.id === shard ? { ...s, replicas } : s)) };
}

function sortedFounders(record: FormationRecord): readonly NodeInfo[] {
  return record.founders.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function changed(state: MetaState, map: ClusterMap): Outcome {
  const epoch = map.epoch + 1;
  return { state: { ...state, map: { ...map, epoch } }, result: { ok: true, epoch } };
}

function unchanged(state: MetaState, map: ClusterMap): Outcome {
  return { state, result: { ok: true, epoch: map.epoch } };
}

function refused(state: MetaState, message: string): Outcome {
  return { state, result: { ok: false, message } };
}
