// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import {
  AdminService as AdminContract,
  CancelRemoveNodeResponseSchema,
  ClusterMapSchema,
  GetStatusResponseSchema,
  NodeState,
  RemoveNodeResponseSchema,
  ReplicaRole,
  ReplicaStatusSchema,
  TransferLeadershipResponseSchema,
} from '@shortlink/proto/admin.ts';
import type { ClusterMap, ReplicaInfo } from '../../core/cluster/cluster-map.ts';
import type { NodeStatus, ReplicaStatus } from '../../ports/admin.ts';
import type { AdminService } from '../../services/admin.ts';
import type { GrpcContext } from './call-context.ts';
import type { RawHandlers } from './raw-service.ts';
import { unary } from './unary.ts';

/** Those that are not about chunks (chunk-handlers.ts). */
export function adminHandlers(
  context: GrpcContext,
  admin: AdminService,
): Omit<RawHandlers<typeof AdminContract>, 'upload' | 'getChunks'> {
  const { method } = AdminContract;
  return {
    getStatus: unary(context, method.getStatus, async (_request, timeoutMs) =>
      statusMessage(await admin.status({ timeoutMs })),
    ),
    removeNode: unary(context, method.removeNode, async ({ nodeId }, timeoutMs) => {
      await admin.removeNode(nodeId, { timeoutMs });
      return create(RemoveNodeResponseSchema);
    }),
    cancelRemoveNode: unary(context, method.cancelRemoveNode, async ({ nodeId }, timeoutMs) => {
      await admin.cancelRemoveNode(nodeId, { timeoutMs });
      return create(CancelRemoveNodeResponseSchema);
    }),
    transferLeadership: unary(context, method.transferLeadership, async ({ shardId, toNodeId }, timeoutMs) => {
      await admin.transferLeadership(shardId, toNodeId, { timeoutMs });
      return create(TransferLeadershipResponseSchema);
    }),
  };
}

function statusMessage({ nodeId, name, waitingFor, map, replicas, leaders }: NodeStatus) {
  return create(GetStatusResponseSchema, {
    nodeId: nodeId ?? '',
    name,
    waitingFor: waitingFor ?? '',
    ...(map === undefined ? {} : { map: mapMessage(map) }),
    replicas: replicas.map(replicaStatusMessage),
    leaders: leaders.map(({ shard, nodeId: leader }) => ({ shardId: shard, nodeId: leader })),
  });
}

function mapMessage({ clusterId, epoch, policy, nodes, meta, shards }: ClusterMap) {
  return create(ClusterMapSchema, {
    clusterId,
    epoch: BigInt(epoch),
    shardReplicas: policy.shardReplicas,
    reuseDeadCodes: policy.reuseDeadCodes,
    nodes: nodes.map(({ id, name, zone, addresses, state }) => ({
      id,
      name,
      zone,
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
