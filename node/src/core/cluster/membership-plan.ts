// SPDX-License-Identifier: Apache-2.0
import type { ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ConfChangeSingle } from '../raft/conf-change.ts';
import { balanceLeaders, balanceReplicas } from './balance-plan.ts';
import type { ClusterMap, ReplicaInfo } from './cluster-map.ts';
import { Fleet } from './fleet.ts';
import { isCaughtUp, isReadyVoter, isVoter } from './group-view.ts';
import type { GroupObservation, GroupView } from './group-view.ts';
import type { ClusterLiveness } from './liveness.ts';
import type { MetaCommand } from './meta-commands.ts';
import { replicasOf } from './meta-state.ts';
import { bestNode, surplusReplica } from './replica-choice.ts';

export type MembershipAction =
  | { readonly type: 'meta'; readonly command: MetaCommand }
  | { readonly type: 'confChange'; readonly shard: ShardId; readonly changes: readonly ConfChangeSingle[] }
  | { readonly type: 'transfer'; readonly shard: ShardId; readonly to: ReplicaId };

export interface PlannedAction {
  readonly action: MembershipAction;
  readonly reason: string;
}

/**
 * The next steps towards what the map wants, at most one a group: every group is changed by one step at a time, learner
 * first, and a voter goes only in the same joint change that brings its successor, or when there is one too many.
 * While the brake is on, the map only follows what has happened, and leaderships leave nodes that are silent (P-I7).
 */
export function planMembership(
  map: ClusterMap,
  observations: readonly GroupObservation[],
  liveness: ClusterLiveness,
): readonly PlannedAction[] {
  const fleet = new Fleet(map, liveness);
  const groups = observations.flatMap((observed): GroupView[] => {
    const planned = replicasOf(map, observed.shard);
    return planned === undefined ? [] : [{ shard: observed.shard, planned, observed }];
  });
  const isBraked = liveness.brake !== undefined;
  const steps = groups.flatMap((group) => planGroup(fleet, group, isBraked) ?? []);
  if (steps.length > 0 || isBraked) return steps;
  const empty = removeEmptyNodes(map);
  return empty.length > 0 ? empty : balance(fleet, groups);
}

function planGroup(fleet: Fleet, group: GroupView, isBraked: boolean): PlannedAction | undefined {
  // A joint configuration is left by the leader itself; until then nothing else may be proposed.
  if (group.observed.confState.votersOutgoing.length > 0) return undefined;
  const followed = followRaft(group);
  if (followed?.action.type === 'meta') return followed;
  const transfer = leaveUnfit(fleet, group);
  if (isBraked || transfer !== undefined) return transfer;
  return followed ?? growLearner(fleet, group) ?? wantReplica(fleet, group) ?? dropReplica(fleet, group);
}

/** The group's own configuration is the truth: the map follows what was committed there. */
function followRaft({ shard, planned, observed }: GroupView): PlannedAction | undefined {
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
function leaveUnfit(fleet: Fleet, group: GroupView): PlannedAction | undefined {
  const leader = group.planned.find((replica) => replica.id === group.observed.leader);
  if (leader === undefined || (fleet.keeps(leader.nodeId) && !fleet.isSilent(leader.nodeId))) return undefined;
  const successor = group.planned.find((replica) => fleet.canTake(replica.nodeId) && isReadyVoter(group, replica.id));
  if (successor === undefined) return undefined;
  return {
    action: { type: 'transfer', shard: group.shard, to: successor.id },
    reason: `the leader's node ${leader.nodeId} ${absenceOf(fleet, leader)}`,
  };
}

function growLearner(fleet: Fleet, group: GroupView): PlannedAction | undefined {
  const { shard, planned, observed } = group;
  for (const replica of planned) {
    if (replica.role !== 'learner' || isVoter(group, replica.id)) continue;
    const isLearning = observed.confState.learners.includes(replica.id);
    // A learner that nobody hears of would keep its group waiting; another node takes its place.
    if (!fleet.keeps(replica.nodeId) || fleet.isSilent(replica.nodeId)) {
      const reason = `node ${replica.nodeId} ${absenceOf(fleet, replica)}`;
      return isLearning
        ? change(shard, [{ type: 'removeNode', nodeId: replica.id }], reason)
        : meta({ type: 'removeReplica', shard, replicaId: replica.id }, reason);
    }
    if (!isLearning) {
      return change(
        shard,
        [{ type: 'addLearnerNode', nodeId: replica.id }],
        `replica ${replica.id} starts as a learner`,
      );
    }
    if (isCaughtUp(group, replica.id)) return promote(fleet, group, replica);
  }
  return undefined;
}

/** Together with the voter whose place the learner takes, if there is one. */
function promote(fleet: Fleet, group: GroupView, replica: ReplicaInfo): PlannedAction {
  const voters = group.planned.filter(({ id }) => isVoter(group, id));
  const staying = voters.filter(({ nodeId }) => fleet.keeps(nodeId));
  const { leader } = group.observed;
  const isSurplus =
    staying.length >= fleet.wantedReplicas || voters.some(({ id, nodeId }) => id !== leader && !fleet.keeps(nodeId));
  const leaving = isSurplus ? surplusReplica(fleet, [...voters, replica], [leader, replica.id]) : undefined;
  const changes: ConfChangeSingle[] = [{ type: 'addNode', nodeId: replica.id }];
  if (leaving !== undefined) changes.push({ type: 'removeNode', nodeId: leaving.id });
  return change(
    group.shard,
    changes,
    `replica ${replica.id} has caught up${leaving === undefined ? '' : ` and replaces ${leaving.id}`}`,
  );
}

function wantReplica(fleet: Fleet, { shard, planned }: GroupView): PlannedAction | undefined {
  const staying = planned.filter((replica) => fleet.keeps(replica.nodeId));
  if (staying.length >= fleet.wantedReplicas) return undefined;
  const node = bestNode(fleet, planned);
  if (node === undefined) return undefined;
  return meta(
    { type: 'addReplica', shard, nodeId: node.id },
    `${staying.length} of ${fleet.wantedReplicas} replicas are on nodes that stay`,
  );
}

function dropReplica(fleet: Fleet, group: GroupView): PlannedAction | undefined {
  const voters = group.planned.filter((replica) => isVoter(group, replica.id));
  if (voters.length <= fleet.wantedReplicas) return undefined;
  const leaving = surplusReplica(fleet, voters, [group.observed.leader]);
  if (leaving === undefined) return undefined;
  // Enough must stay: one that is draining goes only when its successors are there.
  const staying = voters.filter((replica) => replica !== leaving && fleet.keeps(replica.nodeId));
  if (staying.length < fleet.wantedReplicas) return undefined;
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

function balance(fleet: Fleet, groups: readonly GroupView[]): readonly PlannedAction[] {
  const shards = groups.filter(({ shard }) => shard !== metaShardId);
  const leader = balanceLeaders(fleet, shards);
  if (leader !== undefined)
    return [{ action: { type: 'transfer', shard: leader.shard, to: leader.to }, reason: leader.reason }];
  // What a shard that was not observed is doing is not known.
  const isSettled = groups.length === fleet.map.shards.length + 1 && groups.every((group) => isComplete(fleet, group));
  const replica = isSettled ? balanceReplicas(fleet, shards) : undefined;
  if (replica === undefined) return [];
  return [meta({ type: 'addReplica', shard: replica.shard, nodeId: replica.toNodeId }, replica.reason)];
}

function isComplete(fleet: Fleet, group: GroupView): boolean {
  const { planned } = group;
  return (
    planned.length === fleet.wantedReplicas &&
    planned.every(({ id, nodeId, role }) => role === 'voter' && isVoter(group, id) && fleet.canTake(nodeId))
  );
}

function absenceOf(fleet: Fleet, replica: ReplicaInfo): string {
  const node = fleet.map.nodes.find(({ id }) => id === replica.nodeId);
  if (node?.state === 'draining') return 'is draining';
  if (node?.isOut === true) return 'is OUT';
  return fleet.isSilent(replica.nodeId) ? 'is DOWN' : 'is no member';
}

function meta(command: MetaCommand, reason: string): PlannedAction {
  return { action: { type: 'meta', command }, reason };
}

function change(shard: ShardId, changes: readonly ConfChangeSingle[], reason: string): PlannedAction {
  return { action: { type: 'confChange', shard, changes }, reason };
}
