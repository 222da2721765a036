// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@shortlink/common/bytes.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { NodeInfo } from '../../core/cluster/cluster-map.ts';
import type { NodeStatus, ReplicaStatus } from '../../ports/admin.ts';
import type { RingReport } from '../../ports/ring-report.ts';
import type { AdminService } from '../../services/admin.ts';
import { Fields } from './fields.ts';
import { nodeRoute } from './node-route.ts';
import type { OpenApiParameter } from './openapi.ts';
import { shardOf } from './path-parameters.ts';
import { ringJson } from './ring-json.ts';
import type { Route } from './route.ts';
import { formatTimestamp } from './timestamp.ts';

const shardIdParameter: OpenApiParameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id of the shard; 0 is the meta group.',
  schema: { type: 'integer', minimum: 0 },
};
const taken = 'Accepted; the cluster does it in its own time.';
const nodeProblems = ['preconditionFailed', 'invalid'] as const;

export function clusterRoutes(admin: AdminService): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/cluster',
      scope: 'api',
      operation: {
        id: 'getCluster',
        tag: 'cluster',
        summary: 'Read what this node knows of the cluster',
        success: { status: 200, description: 'The cluster as this node sees it.', schema: 'Cluster' },
        problems: [],
      },
      handle: async ({ timeoutMs }) => {
        const [status, ring] = await Promise.all([admin.status({ timeoutMs }), admin.ring({ timeoutMs })]);
        return { status: 200, body: clusterJson(status, ring) };
      },
    },
    nodeRoute({
      verb: 'remove',
      summary: 'Move the replicas of a node away, then forget it',
      taken,
      problems: nodeProblems,
      run: async (id, { timeoutMs }) => admin.removeNode(id, { timeoutMs }),
    }),
    nodeRoute({
      verb: 'cancelRemove',
      summary: 'Keep a node that was to be removed',
      taken,
      problems: nodeProblems,
      run: async (id, { timeoutMs }) => admin.cancelRemoveNode(id, { timeoutMs }),
    }),
    {
      method: 'POST',
      path: '/api/v1/admin/shards/{id}:transfer',
      scope: 'admin',
      operation: {
        id: 'transferLeadership',
        tag: 'admin',
        summary: 'Make another node the leader of a shard',
        parameters: [shardIdParameter],
        request: 'Transfer',
        success: { status: 202, description: taken },
        problems: ['preconditionFailed', 'invalid', 'tooLarge', 'unsupportedMediaType'],
      },
      handle: async (request) => {
        const toNodeId = new Fields(await request.json(), ['toNodeId']).string('toNodeId');
        await admin.transferLeadership(shardOf(request), toNodeId, { timeoutMs: request.timeoutMs });
        return { status: 202 };
      },
    },
  ];
}

function clusterJson({ nodeId, name, waitingFor, map, replicas, leaders }: NodeStatus, ring: RingReport | undefined) {
  const leaderOf = (shard: ShardId) => leaders.find((leader) => leader.shard === shard)?.nodeId ?? null;
  return {
    clusterId: map?.clusterId ?? null,
    epoch: map?.epoch ?? null,
    ringEpoch: map?.ringEpoch ?? null,
    self: { nodeId: nodeId ?? null, name, waitingFor: waitingFor ?? null },
    metaLeaderNodeId: leaderOf(metaShardId),
    nodes: (map?.nodes ?? []).map((node) => nodeJson(node, ring)),
    meta: (map?.meta ?? []).map(replicaJson),
    shards: (map?.shards ?? []).map(({ id, start, end, replicas: members }) => ({
      id,
      start: toHex(start),
      end: end === undefined ? null : toHex(end),
      leaderNodeId: leaderOf(id),
      replicas: members.map(replicaJson),
    })),
    replicas: replicas.map(replicaStatusJson),
    ring: ring === undefined ? null : ringJson(ring),
  };
}

function nodeJson({ id, name, zone, weight, state, isOut, addresses }: NodeInfo, ring: RingReport | undefined) {
  const { peer, redirect, api, grpc } = addresses;
  const liveness = ring?.nodes.find((node) => node.id === id)?.state ?? null;
  return { id, name, zone, weight, state, isOut, liveness, addresses: { peer, redirect, api, grpc } };
}

function replicaJson({ id, nodeId, role }: { readonly id: number; readonly nodeId: string; readonly role: string }) {
  return { id, nodeId, role };
}

/** Field by field: what the engine adds to its status must not leak into the API by accident. */
function replicaStatusJson(status: ReplicaStatus) {
  return {
    shard: status.shard,
    replicaId: status.replicaId,
    role: status.role,
    term: status.term,
    leaderReplicaId: status.leaderReplicaId ?? null,
    commitIndex: status.commitIndex,
    appliedIndex: status.appliedIndex,
    firstIndex: status.firstIndex,
    lastIndex: status.lastIndex,
    voters: status.voters,
    learners: status.learners,
    revision: status.revision,
    shardTime: formatTimestamp(status.shardTimeMs),
    stateHash: status.stateHash,
    healthy: status.healthy,
  };
}
