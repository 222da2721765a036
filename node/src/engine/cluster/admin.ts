// SPDX-License-Identifier: Apache-2.0
import { metaShardId } from '@shortlink/common/ids.ts';
import { replicasOf } from '../../core/cluster/meta-state.ts';
import type { MetaCommand, MetaResult } from '../../core/cluster/meta-commands.ts';
import type { AdminRequest, AdminResponse, NodeStatus, ReplicaStatus } from '../../ports/admin.ts';
import type { RingReport } from '../../ports/ring-report.ts';
import type { Engine } from '../engine.ts';
import type { Replica } from '../host/replica.ts';
import { decodeRingReport, encodeOrder } from './group-control.ts';

const byAdministrator = { reason: 'an administrator asked for it' } as const;

export async function answerAdmin(engine: Engine, request: AdminRequest): Promise<AdminResponse> {
  switch (request.type) {
    case 'status':
      return { type: 'status', status: nodeStatus(engine) };
    case 'ring': {
      const report = await askForRing(engine);
      return report === undefined ? noLeader : { type: 'ring', report };
    }
    case 'takeOperatorEpoch': {
      const result = await engine.driver.propose({ type: 'takeOperatorEpoch' });
      return result?.ok === true && result.operatorEpoch !== undefined
        ? { type: 'operatorEpoch', operatorEpoch: result.operatorEpoch }
        : answered(result);
    }
    case 'order':
      return obey(engine, request);
    case 'removeNode':
      return propose(engine, { ...byAdministrator, type: 'setNodeState', nodeId: request.nodeId, state: 'draining' });
    case 'cancelRemoveNode':
      return propose(engine, { ...byAdministrator, type: 'setNodeState', nodeId: request.nodeId, state: 'active' });
    case 'transferLeadership':
      return transfer(engine, request.shard, request.toNodeId);
  }
}

const noLeader: AdminResponse = {
  type: 'refused',
  message: 'the meta group has no leader at the moment; try again',
};
/** A leader that hangs must not keep a status waiting for long. */
const ringTimeoutMs = 1_000;

async function propose(engine: Engine, command: MetaCommand): Promise<AdminResponse> {
  return answered(await engine.driver.propose(command));
}

function answered(result: MetaResult | undefined): AdminResponse {
  if (result === undefined) return noLeader;
  return result.ok ? { type: 'accepted' } : { type: 'refused', message: result.message };
}

async function askForRing(engine: Engine): Promise<RingReport | undefined> {
  const own = engine.ring.report();
  if (own !== undefined) return own;
  const answer = await engine.call('control', metaShardId, encodeOrder({ type: 'ring' }), ringTimeoutMs);
  return answer === undefined ? undefined : decodeRingReport(answer);
}

async function obey(engine: Engine, request: Extract<AdminRequest, { type: 'order' }>): Promise<AdminResponse> {
  const { order } = request;
  if (order.type === 'hasten') {
    const report = await askForRing(engine);
    if (report === undefined) return noLeader;
    // It would be taken back with its next heartbeats, and everything would have moved for nothing.
    if (report.nodes.some(({ id, state }) => id === order.nodeId && state === 'ALIVE'))
      return { type: 'refused', message: `node ${order.nodeId} is ALIVE; stop it first, or remove it` };
  }
  return propose(engine, request);
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
