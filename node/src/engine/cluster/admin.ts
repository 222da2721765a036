// SPDX-License-Identifier: Apache-2.0
import { metaShardId } from '@shortlink/common/ids.ts';
import { replicasOf } from '../../core/cluster/meta-state.ts';
import type { MetaCommand } from '../../core/cluster/meta-commands.ts';
import type { AdminRequest, AdminResponse, NodeStatus, ReplicaStatus } from '../../ports/admin.ts';
import type { Engine } from '../engine.ts';
import type { Replica } from '../host/replica.ts';
import { encodeOrder } from './group-control.ts';

const byAdministrator = { reason: 'an administrator asked for it' } as const;

export async function answerAdmin(engine: Engine, request: AdminRequest): Promise<AdminResponse> {
  switch (request.type) {
    case 'status':
      return { type: 'status', status: nodeStatus(engine) };
    case 'removeNode':
      return propose(engine, { ...byAdministrator, type: 'setNodeState', nodeId: request.nodeId, state: 'draining' });
    case 'cancelRemoveNode':
      return propose(engine, { ...byAdministrator, type: 'setNodeState', nodeId: request.nodeId, state: 'active' });
    case 'transferLeadership':
      return transfer(engine, request.shard, request.toNodeId);
  }
}

async function propose(engine: Engine, command: MetaCommand): Promise<AdminResponse> {
  const result = await engine.driver.propose(command);
  if (result === undefined)
    return { type: 'refused', message: 'the meta group has no leader at the moment; try again' };
  return result.ok ? { type: 'accepted' } : { type: 'refused', message: result.message };
}

async function transfer(engine: Engine, shard: number, toNodeId: string): Promise<AdminResponse> {
  const map = engine.volume.map;
  const replicas = map === undefined ? undefined : replicasOf(map, shard);
  if (replicas === undefined) return { type: 'refused', message: `there is no shard ${shard}` };
  const target = replicas.find((replica) => replica.nodeId === toNodeId);
  if (target?.role !== 'voter')
    return { type: 'refused', message: `node ${toNodeId} holds no voter of shard ${shard}` };
  const answer = await engine.call('control', shard, encodeOrder({ type: 'transfer', to: target.id }));
  return answer === undefined
    ? { type: 'refused', message: `shard ${shard} has no leader at the moment; try again` }
    : { type: 'accepted' };
}

function nodeStatus(engine: Engine): NodeStatus {
  const map = engine.volume.map;
  const shards = [metaShardId, ...(map?.shards.map((shard) => shard.id) ?? [])];
  return {
    nodeId: engine.nodeId,
    name: engine.config.name,
    waitingFor: engine.health().waitingFor,
    map,
    replicas: [...engine.host.replicasByShard.values()].map(replicaStatus),
    leaders: shards.flatMap((shard) => {
      const nodeId = engine.router.leaderOf(shard);
      return nodeId === undefined ? [] : [{ shard, nodeId }];
    }),
  };
}

function replicaStatus(replica: Replica): ReplicaStatus {
  const status = replica.status();
  const { voters, learners } = replica.machine.confState;
  const { revision, timeMs, stateHash } = replica.machine.status();
  const isLearner = learners.includes(replica.key.replicaId);
  const role = status.role === 'preCandidate' ? 'candidate' : status.role;
  return {
    shard: replica.shard,
    replicaId: replica.key.replicaId,
    role: isLearner && role === 'follower' ? 'learner' : role,
    term: status.hardState.term,
    leaderReplicaId: status.lead === 0 ? undefined : status.lead,
    commitIndex: status.hardState.commit,
    appliedIndex: replica.machine.appliedIndex,
    firstIndex: status.firstIndex,
    lastIndex: status.lastIndex,
    voters,
    learners,
    revision,
    shardTimeMs: timeMs,
    stateHash,
    healthy: replica.healthy,
  };
}
