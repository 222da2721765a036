// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import {
  AdminService as AdminContract,
  CancelRemoveNodeResponseSchema,
  ClusterMapSchema,
  GetStatusResponseSchema,
  HastenNodeResponseSchema,
  HoldNodeResponseSchema,
  NodeState,
  ReleaseNodeResponseSchema,
  RemoveNodeResponseSchema,
  ReplicaRole,
  ReplicaStatusSchema,
  TakeOperatorEpochResponseSchema,
  TransferLeadershipResponseSchema,
} from '@shortlink/proto/admin.ts';
import type { ClusterMap, ReplicaInfo } from '../../core/cluster/cluster-map.ts';
import type { NodeStatus, ReplicaStatus } from '../../ports/admin.ts';
import type { RingReport } from '../../ports/ring-report.ts';
import type { AdminService } from '../../services/admin.ts';
import { version } from '@shortlink/common/version.ts';
import type { GrpcContext } from './call-context.ts';
import type { RawHandlers } from './raw-service.ts';
import { ringMessage } from './ring-message.ts';
import { unary } from './unary.ts';

/** Those that are not about chunks (chunk-handlers.ts). */
export function adminHandlers(
  context: GrpcContext,
  admin: AdminService,
): Omit<RawHandlers<typeof AdminContract>, 'upload' | 'getChunks'> {
  const { method } = AdminContract;
  return {
    getStatus: unary(context, method.getStatus, async (_request, timeoutMs) => {
      const [status, ring] = await Promise.all([admin.status({ timeoutMs }), admin.ring({ timeoutMs })]);
      return statusMessage(status, ring);
    }),
    takeOperatorEpoch: unary(context, method.takeOperatorEpoch, async (_request, timeoutMs) =>
      create(TakeOperatorEpochResponseSchema, {
        operatorEpoch: BigInt(await admin.takeOperatorEpoch({ timeoutMs })),
      }),
    ),
    holdNode: unary(context, method.holdNode, async ({ nodeId, operatorEpoch, durationMs }, timeoutMs) => {
      const order = { type: 'hold', nodeId, durationMs: numberOf(durationMs) } as const;
      await admin.order(order, numberOf(operatorEpoch), { timeoutMs });
      return create(HoldNodeResponseSchema);
    }),
    releaseNode: unary(context, method.releaseNode, async ({ nodeId, operatorEpoch }, timeoutMs) => {
      await admin.order({ type: 'release', nodeId }, numberOf(operatorEpoch), { timeoutMs });
      return create(ReleaseNodeResponseSchema);
    }),
    hastenNode: unary(context, method.hastenNode, async ({ nodeId, operatorEpoch }, timeoutMs) => {
      await admin.order({ type: 'hasten', nodeId }, numberOf(operatorEpoch), { timeoutMs });
      return create(HastenNodeResponseSchema);
    }),
    removeNode: unary(context, method.removeNode, async ({ nodeId, operatorEpoch }, timeoutMs) => {
      if (operatorEpoch === undefined) await admin.removeNode(nodeId, { timeoutMs });
      else await admin.order({ type: 'drain', nodeId }, numberOf(operatorEpoch), { timeoutMs });
      return create(RemoveNodeResponseSchema);
    }),
    cancelRemoveNode: unary(context, method.cancelRemoveNode, async ({ nodeId, operatorEpoch }, timeoutMs) => {
      if (operatorEpoch === undefined) await admin.cancelRemoveNode(nodeId, { timeoutMs });
      else await admin.order({ type: 'keep', nodeId }, numberOf(operatorEpoch), { timeoutMs });
      return create(CancelRemoveNodeResponseSchema);
    }),
    transferLeadership: unary(context, method.transferLeadership, async ({ shardId, toNodeId }, timeoutMs) => {
      await admin.transferLeadership(shardId, toNodeId, { timeoutMs });
      return create(TransferLeadershipResponseSchema);
    }),
  };
}

/** Beyond 2⁵³ it is no epoch and no duration that anybody could have; the meta group refuses it. */
function numberOf(value: bigint): number {
  return Number(value);
}

function statusMessage({ nodeId, name, waitingFor, map, replicas, leaders }: NodeStatus, ring: RingReport | undefined) {
  return create(GetStatusResponseSchema, {
    nodeId: nodeId ?? '',
    name,
    waitingFor: waitingFor ?? '',
    ...(map === undefined ? {} : { map: mapMessage(map) }),
    replicas: replicas.map(replicaStatusMessage),
    leaders: leaders.map(({ shard, nodeId: leader }) => ({ shardId: shard, nodeId: leader })),
    ...(ring === undefined ? {} : { ring: ringMessage(ring) }),
    version,
  });
}

function mapMessage({ clusterId, epoch, ringEpoch, policy, nodes, meta, shards }: ClusterMap) {
  return create(ClusterMapSchema, {
    clusterId,
    epoch: BigInt(epoch),
    ringEpoch: BigInt(ringEpoch),
    shardReplicas: policy.shardReplicas,
    reuseDeadCodes: policy.reuseDeadCodes,
    nodes: nodes.map(({ id, name, zone, weight, addresses, state, isOut }) => ({
      id,
      name,
      zone,
      weight,
      isOut,
      state: state === 'active' ? NodeState.ACTIVE : NodeState.DRAINING,
      peerAddress: addresses.peer,
      redirectAddress: addresses.redirect,
      apiAddress: addresses.api,
      grpcAddress: addresses.grpc,
    })),
    meta: meta.map(replicaMessage),
    shards: shards.map(({ id, start, end, replicas }) => {
      return { id, start, ...(end === undefined ? {} : { end }), replicas: replicas.map(replicaMessage) };
    }),
  });
}

function replicaMessage({ id, nodeId, role }: ReplicaInfo) {
  return { id: BigInt(id), nodeId, learner: role === 'learner' };
}

const roles = {
  leader: ReplicaRole.LEADER,
  follower: ReplicaRole.FOLLOWER,
  candidate: ReplicaRole.CANDIDATE,
  learner: ReplicaRole.LEARNER,
} as const;

function replicaStatusMessage(status: ReplicaStatus) {
  return create(ReplicaStatusSchema, {
    shardId: status.shard,
    replicaId: BigInt(status.replicaId),
    role: roles[status.role],
    term: BigInt(status.term),
    leaderReplicaId: BigInt(status.leaderReplicaId ?? 0),
    commitIndex: BigInt(status.commitIndex),
    appliedIndex: BigInt(status.appliedIndex),
    firstIndex: BigInt(status.firstIndex),
    lastIndex: BigInt(status.lastIndex),
    voters: status.voters.map(BigInt),
    learners: status.learners.map(BigInt),
    revision: BigInt(status.revision),
    shardTimeMs: BigInt(status.shardTimeMs),
    stateHash: status.stateHash,
    healthy: status.healthy,
  });
}
