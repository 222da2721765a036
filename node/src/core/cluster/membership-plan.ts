// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ConfChangeSingle } from '../raft/conf-change.ts';
import type { ConfState } from '../raft/types.ts';
import type { ClusterMap, NodeInfo, ReplicaInfo } from './cluster-map.ts';
import type { MetaCommand } from './meta-commands.ts';

/** What the leader of a group says of it. */
export interface GroupObservation {
  readonly shard: ShardId;
  readonly leader: ReplicaId;
  readonly confState: ConfState;
  readonly commit: number;
  readonly progress: readonly { readonly id: ReplicaId; readonly match: number; readonly recentActive: boolean }[];
}

export type MembershipAction =
  | { readonly type: 'meta'; readonly command: MetaCommand }
  | { readonly type: 'confChange'; readonly shard: ShardId; readonly changes: readonly ConfChangeSingle[] }
  | { readonly type: 'transfer'; readonly shard: ShardId; readonly to: ReplicaId };

export interface PlannedAction {
  readonly action: MembershipAction;
  readonly reason: string;
}

/** A learner this close to the end of the log may vote: the rest arrives while its configuration change commits. */
const caughtUpEntries = 500;

interface Group {
  readonly shard: ShardId;
  readonly planned: readonly ReplicaInfo[];
  readonly observed: GroupObservation;
}

/**
 * The next steps towards what the map wants, at most one a group: every group is changed by one step at a time, learner
 * first, and a voter goes only in the same joint change that brings its successor, or when there is one too many.
 */
export function planMembership(map: ClusterMap, observations: readonly GroupObservation[]): readonly PlannedAction[] {
  const actions: PlannedAction[] = [];
  for (const observed of observations) {
    const planned =
      observed.shard === metaShardId ? map.meta : map.shards.find((s) => s.id === observed.shard)?.replicas;
    if (planned === undefined) continue;
    const next = planGroup(map, { shard: observed.shard, planned, observed });
    if (next !== undefined) actions.push(next);
  }
  if (actions.length > 0) return actions;
  return [...removeEmptyNodes(map), ...balanceLeaders(map, observations)];
}

function planGroup(map: ClusterMap, group: Group): PlannedAction | undefined {
  // A joint configuration is left by the leader itself; until then nothing else may be proposed.
  if (group.observed.confState.votersOutgoing.length > 0) return undefined;
  return (
    followRaft(group) ??
    leaveDraining(map, group) ??
    growLearner(map, group) ??
    wantReplica(map, group) ??
    dropReplica(map, group)
  );
}

/** The group's own configuration is the truth: the map follows what was committed there. */
function followRaft(group: Group): PlannedAction | undefined {
  const { shard, planned, observed } = group;
  const { voters, learners } = observed.confState;
  for (const replica of planned) {
    if (replica.role === 'learner' && voters.includes(replica.id)) {
      return meta({ type: 'promoteReplica', shard, replicaId: replica.id }, `replica ${replica.id} votes now`);
    }
    if (replica.role === 'voter' && !voters.includes(replica.id) && !learners.includes(replica.id)) {
      return meta({ type: 'removeReplica', shard, replicaId: replica.id }, `replica ${replica.id} has left the group`);
    }
  }
  const stray = [...voters, ...learners].find((id) => planned.every((replica) => replica.id !== id));
  if (stray === undefined || voters.length + learners.length === 1) return undefined;
  return change(shard, [{ type: 'removeNode', nodeId: stray }], `replica ${stray} is not planned`);
}

/** Leadership moves before its replica does, so that no write has to wait for an election. */
function leaveDraining(map: ClusterMap, group: Group): PlannedAction | undefined {
  const leader = group.planned.find((replica) => replica.id === group.observed.leader);
  if (leader === undefined || isActive(map, leader.nodeId)) return undefined;
  const successor = group.planned.find((replica) => isActive(map, replica.nodeId) && isReadyVoter(group, replica.id));
  if (successor === undefined) return undefined;
  return {
    action: { type: 'transfer', shard: group.shard, to: successor.id },
    reason: `the leader's node ${leader.nodeId} is draining`,
  };
}

function growLearner(map: ClusterMap, group: Group): PlannedAction | undefined {
  const { shard, planned, observed } = group;
  for (const replica of planned) {
    if (replica.role !== 'learner' || observed.confState.voters.includes(replica.id)) continue;
    if (!isActive(map, replica.nodeId)) {
      if (observed.confState.learners.includes(replica.id)) {
        return change(shard, [{ type: 'removeNode', nodeId: replica.id }], `node ${replica.nodeId} is draining`);
      }
      return meta({ type: 'removeReplica', shard, replicaId: replica.id }, `node ${replica.nodeId} is draining`);
    }
    if (!observed.confState.learners.includes(replica.id)) {
      return change(
        shard,
        [{ type: 'addLearnerNode', nodeId: replica.id }],
        `replica ${replica.id} starts as a learner`,
      );
    }
    if (!isCaughtUp(group, replica.id)) continue;
    const leaving = planned.find(
      (other) => !isActive(map, other.nodeId) && observed.confState.voters.includes(other.id),
    );
    const changes: ConfChangeSingle[] = [{ type: 'addNode', nodeId: replica.id }];
    if (leaving !== undefined) changes.push({ type: 'removeNode', nodeId: leaving.id });
    return change(
      shard,
      changes,
      `replica ${replica.id} has caught up${leaving === undefined ? '' : ` and replaces ${leaving.id}`}`,
    );
  }
  return undefined;
}

function wantReplica(map: ClusterMap, group: Group): PlannedAction | undefined {
  const staying = group.planned.filter((replica) => isActive(map, replica.nodeId));
  if (staying.length >= wantedReplicas(map)) return undefined;
  const node = bestNode(map, group.planned);
  if (node === undefined) return undefined;
  return meta(
    { type: 'addReplica', shard: group.shard, nodeId: node.id },
    `${staying.length} of ${wantedReplicas(map)} replicas are on active nodes`,
  );
}

function dropReplica(map: ClusterMap, group: Group): PlannedAction | undefined {
  const voters = group.planned.filter((replica) => group.observed.confState.voters.includes(replica.id));
  const staying = voters.filter((replica) => isActive(map, replica.nodeId));
  if (voters.length <= wantedReplicas(map) || staying.length < wantedReplicas(map)) return undefined;
  const leaving =
    voters.find((replica) => !isActive(map, replica.nodeId)) ??
    voters.findLast((replica) => replica.id !== group.observed.leader);
  if (leaving === undefined) return undefined;
  return change(
    group.shard,
    [{ type: 'removeNode', nodeId: leaving.id }],
    `replica ${leaving.id} is one more than wanted`,
  );
}

function removeEmptyNodes(map: ClusterMap): readonly PlannedAction[] {
  const groups = [map.meta, ...map.shards.map((shard) => shard.replicas)];
  return map.nodes
    .filter(
      (node) =>
        node.state === 'draining' &&
        groups.every((replicas) => replicas.every((replica) => replica.nodeId !== node.id)),
    )
    .map((node) => meta({ type: 'removeNode', nodeId: node.id }, `node ${node.id} is drained`));
}

/** One transfer a round, and only where it makes the difference smaller: leaders must not wander to and fro. */
function balanceLeaders(map: ClusterMap, observations: readonly GroupObservation[]): readonly PlannedAction[] {
  const ledByNode = new Map<NodeId, number>(map.nodes.map((node) => [node.id, 0]));
  const groups = observations.flatMap((observed): Group[] => {
    const shard = map.shards.find((s) => s.id === observed.shard);
    return shard === undefined ? [] : [{ shard: shard.id, planned: shard.replicas, observed }];
  });
  const nodeOf = (group: Group, id: ReplicaId): NodeId | undefined =>
    group.planned.find((replica) => replica.id === id)?.nodeId;
  for (const group of groups) {
    const node = nodeOf(group, group.observed.leader);
    if (node !== undefined) ledByNode.set(node, (ledByNode.get(node) ?? 0) + 1);
  }
  for (const group of groups) {
    const from = nodeOf(group, group.observed.leader);
    if (from === undefined) continue;
    const led = ledByNode.get(from) ?? 0;
    const to = group.planned.find(
      (replica) =>
        isActive(map, replica.nodeId) &&
        isReadyVoter(group, replica.id) &&
        (ledByNode.get(replica.nodeId) ?? 0) <= led - 2,
    );
    if (to !== undefined)
      return [
        { action: { type: 'transfer', shard: group.shard, to: to.id }, reason: `node ${from} leads ${led} shards` },
      ];
  }
  return [];
}

function wantedReplicas(map: ClusterMap): number {
  return Math.max(1, Math.min(map.policy.shardReplicas, map.nodes.filter((node) => node.state === 'active').length));
}

/** The active node in the least used zone, then with the fewest replicas, then with the smallest id. */
function bestNode(map: ClusterMap, planned: readonly ReplicaInfo[]): NodeInfo | undefined {
  const zonesUsed = planned.map((replica) => map.nodes.find((node) => node.id === replica.nodeId)?.zone);
  const load = (node: NodeInfo): number =>
    [map.meta, ...map.shards.map((shard) => shard.replicas)].filter((replicas) =>
      replicas.some((r) => r.nodeId === node.id),
    ).length;
  const crowd = (node: NodeInfo): number => zonesUsed.filter((zone) => zone === node.zone).length;
  return map.nodes
    .filter((node) => node.state === 'active' && planned.every((replica) => replica.nodeId !== node.id))
    .sort((a, b) => crowd(a) - crowd(b) || load(a) - load(b) || (a.id < b.id ? -1 : 1))[0];
}

function isActive(map: ClusterMap, nodeId: NodeId): boolean {
  return map.nodes.some((node) => node.id === nodeId && node.state === 'active');
}

function isCaughtUp(group: Group, id: ReplicaId): boolean {
  const progress = group.observed.progress.find((p) => p.id === id);
  return progress !== undefined && progress.recentActive && progress.match + caughtUpEntries >= group.observed.commit;
}

function isReadyVoter(group: Group, id: ReplicaId): boolean {
  return id !== group.observed.leader && group.observed.confState.voters.includes(id) && isCaughtUp(group, id);
}

function meta(command: MetaCommand, reason: string): PlannedAction {
  return { action: { type: 'meta', command }, reason };
}

function change(shard: ShardId, changes: readonly ConfChangeSingle[], reason: string): PlannedAction {
  return { action: { type: 'confChange', shard, changes }, reason };
}
