// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import type { Fleet } from './fleet.ts';
import { isReadyVoter } from './group-view.ts';
import type { GroupView } from './group-view.ts';
import { surplusReplica } from './replica-choice.ts';

export interface LeaderMove {
  readonly shard: ShardId;
  readonly to: ReplicaId;
  readonly reason: string;
}

export interface ReplicaMove {
  readonly shard: ShardId;
  readonly toNodeId: NodeId;
  readonly reason: string;
}

/** One transfer a round, and only where it makes the difference smaller: leaders must not wander to and fro. */
export function balanceLeaders(fleet: Fleet, shards: readonly GroupView[]): LeaderMove | undefined {
  const ledByNode = new Map<NodeId, number>();
  for (const group of shards) {
    const node = leaderNode(group);
    if (node !== undefined) ledByNode.set(node, (ledByNode.get(node) ?? 0) + 1);
  }
  for (const group of shards) {
    const from = leaderNode(group);
    if (from === undefined) continue;
    const led = ledByNode.get(from) ?? 0;
    const to = group.planned.find(
      ({ id, nodeId }) => fleet.canTake(nodeId) && isReadyVoter(group, id) && (ledByNode.get(nodeId) ?? 0) <= led - 2,
    );
    if (to !== undefined) return { shard: group.shard, to: to.id, reason: `node ${from} leads ${led} shards` };
  }
  return undefined;
}

/**
 * A replica for the node that has the fewest, of a shard whose surplus replica would then be on a node with at least two
 * more: every such move makes the difference smaller, and so they end. One at a time. Leaders stay where they are.
 */
export function balanceReplicas(fleet: Fleet, shards: readonly GroupView[]): ReplicaMove | undefined {
  const loads = new Map<NodeId, number>(fleet.map.nodes.map((node) => [node.id, 0]));
  for (const { planned } of shards) for (const { nodeId } of planned) loads.set(nodeId, (loads.get(nodeId) ?? 0) + 1);
  const load = (id: NodeId): number => loads.get(id) ?? 0;
  const targets = fleet.map.nodes
    .filter((node) => fleet.canTake(node.id))
    .toSorted((a, b) => load(a.id) - load(b.id) || (a.id < b.id ? -1 : 1));
  for (const to of targets) {
    for (const { shard, planned, observed } of shards) {
      if (planned.some(({ nodeId }) => nodeId === to.id)) continue;
      const grown = [...planned, { id: Number.MAX_SAFE_INTEGER, nodeId: to.id, role: 'voter' as const }];
      const from = surplusReplica(fleet, grown, [observed.leader])?.nodeId;
      if (from === undefined || load(from) < load(to.id) + 2) continue;
      const reason = `node ${from} holds ${load(from)} replicas of shards, node ${to.id} ${load(to.id)}`;
      return { shard, toNodeId: to.id, reason };
    }
  }
  return undefined;
}

function leaderNode({ planned, observed }: GroupView): NodeId | undefined {
  return planned.find((replica) => replica.id === observed.leader)?.nodeId;
}
