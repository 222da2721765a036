// SPDX-License-Identifier: Apache-2.0
import type { RingSettings } from '../src/core/cluster/liveness.ts';
import type { EngineConfig } from '../src/engine/engine-config.ts';

export interface ClusterShape {
  readonly name: string;
  /** Names of the nodes that form the cluster. */
  readonly founders: readonly string[];
  readonly initialShards: number;
  readonly compactEntries?: number | undefined;
  readonly compactBytes?: number | undefined;
  readonly ring?: RingSettings | undefined;
  readonly maxHotBytes?: number | undefined;
}

export function peerAddress(name: string): string {
  return `${name}:8083`;
}

/** Production's settings, but a log so short that whoever stays away for a moment needs a snapshot. */
export function engineConfig({
  name,
  founders,
  initialShards,
  compactEntries,
  compactBytes,
  ring,
  maxHotBytes,
}: ClusterShape): EngineConfig {
  return {
    name,
    zone: `zone-${name}`,
    weight: 100,
    addresses: { peer: peerAddress(name), redirect: `${name}:8080`, api: `${name}:8081`, grpc: `${name}:8082` },
    initialNodes: founders.map((founder) => ({ name: founder, address: peerAddress(founder) })),
    joinAddresses: founders.map(peerAddress),
    initialShards,
    shardReplicas: 3,
    reuseDeadCodes: false,
    idempotencyWindowMs: 600_000,
    clockMaxJumpMs: 10_000,
    raft: {
      electionTicks: 10,
      heartbeatTicks: 1,
      maxSizePerMsgBytes: 1024 * 1024,
      maxCommittedSizePerReadyBytes: 4 * 1024 * 1024,
      maxUncommittedEntriesSizeBytes: 64 * 1024 * 1024,
      maxInflightMsgs: 256,
      maxInflightBytes: 16 * 1024 * 1024,
    },
    ring: ring ?? { suspectAfterMs: 5_000, downAfterMs: 15_000, outAfterMs: 600_000, brakePercent: 34 },
    compactEntries: compactEntries ?? 50,
    compactBytes: compactBytes ?? 1024 * 1024,
    maxHotBytes,
    drainUploadMs: 0,
    removalNoticeMs: 0,
    tickMs: 100,
    stateHashIntervalEntries: 20,
    slowTicks: 10,
    collectTicks: 50,
  };
}
