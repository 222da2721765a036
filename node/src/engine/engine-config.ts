// SPDX-License-Identifier: Apache-2.0
import type { NodeAddresses } from '../core/cluster/cluster-map.ts';
import type { InitialNode } from './cluster/formation.ts';
import type { RingSettings } from '../core/cluster/liveness.ts';
import type { RaftSettings } from './host/raft-settings.ts';

/** Settings of the engine: plain values, so that they can cross to its thread. */
export interface EngineConfig {
  readonly name: string;
  /** Undefined: not known (yet); what the cluster lists holds until it is. */
  readonly zone: string | undefined;
  /** Capacity in percent of a usual node. */
  readonly weight: number;
  readonly addresses: NodeAddresses;
  readonly initialNodes: readonly InitialNode[];
  readonly joinAddresses: readonly string[];
  readonly initialShards: number;
  readonly shardReplicas: number;
  readonly reuseDeadCodes: boolean;
  readonly idempotencyWindowMs: number;
  readonly clockMaxJumpMs: number;
  readonly raft: RaftSettings;
  readonly ring: RingSettings;
  /** Bytes of a shard's rows on the nodes beyond which writes wait for the object store; undefined without one. */
  readonly maxHotBytes: number | undefined;
  /** How long the replicas of a node that is removed wait for the object store; 0: not at all, or there is none. */
  readonly drainUploadMs: number;
  /** How long a node that is removed stays a member, although nothing is on it any more. */
  readonly removalNoticeMs: number;
  readonly compactEntries: number;
  readonly compactBytes: number;
  /** Length of a tick. */
  readonly tickMs: number;
  readonly stateHashIntervalEntries: number;
  /** Ticks between two attempts of what is not urgent: formation, membership, map refresh. */
  readonly slowTicks: number;
  /** Ticks between two collections of expired links. */
  readonly collectTicks: number;
}
