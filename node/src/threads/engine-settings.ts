// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import { initialNodes } from '../config/normalize.ts';
import type { Config } from '../config/options.ts';
import type { EngineConfig } from '../engine/engine-config.ts';

const maxSizePerMsgBytes = 1024 * 1024;
const maxInflightMsgs = 256;
const slowIntervalMs = 500;

/** The options of a node as the engine wants them. */
export function engineConfig(config: Config): EngineConfig {
  const { raft, shards, peer, redirect, api, grpc } = config;
  const ticks = (ms: number): number => Math.max(1, Math.ceil(ms / raft.tickMs));
  return {
    name: config.node.name,
    zone: config.node.zone === '' && config.node.zoneFile !== '' ? undefined : config.node.zone,
    weight: config.node.weight,
    addresses: { peer: peer.advertise, redirect: redirect.advertise, api: api.advertise, grpc: grpc.advertise },
    initialNodes: initialNodes(config).map(({ name, address }) => ({ name, address })),
    joinAddresses: config.cluster.join,
    initialShards: shards.initial,
    shardReplicas: shards.replicas,
    reuseDeadCodes: config.links.reuseDeadCodes,
    idempotencyWindowMs: config.idempotency.windowMs,
    clockMaxJumpMs: config.clock.maxJumpMs,
    raft: {
      electionTicks: raft.electionTicks,
      heartbeatTicks: raft.heartbeatTicks,
      maxSizePerMsgBytes,
      maxCommittedSizePerReadyBytes: limits.proposalMaxBytes,
      maxUncommittedEntriesSizeBytes: raft.maxUncommittedBytes,
      maxInflightMsgs,
      maxInflightBytes: Math.max(raft.maxInflightBytes, maxSizePerMsgBytes),
    },
    ring: config.ring,
    compactEntries: raft.compactEntries,
    compactBytes: raft.compactBytes,
    maxHotBytes: config.objectStore.url === '' ? undefined : config.chunks.maxHotBytes,
    drainUploadMs: config.objectStore.url === '' ? 0 : config.chunks.drainUploadMs,
    removalNoticeMs: config.cluster.removalNoticeMs,
    tickMs: raft.tickMs,
    stateHashIntervalEntries: config.stateHash.intervalEntries,
    slowTicks: ticks(slowIntervalMs),
    collectTicks: ticks(config.expiry.collectIntervalMs),
  };
}
