// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ClusterEvent } from '../core/cluster/cluster-event.ts';
import type { Liveness } from '../core/cluster/liveness.ts';

/** Chunks of all shards together. */
export interface ChunkCounts {
  readonly total: number;
  /** Reported by fewer holders than there should be. */
  readonly underReplicated: number;
  /** Being fetched by a holder, or kept by one until another has it. */
  readonly moving: number;
}

export interface RingNode {
  readonly id: NodeId;
  readonly state: Liveness;
  /** Since its last heartbeat. */
  readonly silentMs: number;
  /** Until when it may be away without going OUT; undefined: it may not. */
  readonly heldUntilMs: number | undefined;
  /** As its last heartbeat said; undefined when that is old. */
  readonly chunksHeld: number | undefined;
  readonly chunkBytes: number | undefined;
  readonly diskFreeBytes: number | undefined;
  /** Why it holds fewer chunks than it should, in words. */
  readonly chunkProblem: string | undefined;
  /** Why what it should bring to the object store is not there, in words. */
  readonly storeProblem: string | undefined;
}

/** What only the leader of the meta group knows. */
export interface RingReport {
  readonly leaderNodeId: NodeId;
  /** Of the ring. */
  readonly epoch: number;
  readonly operatorEpoch: number;
  /** Why nothing moves, in words; undefined while things may. */
  readonly brake: string | undefined;
  readonly nodes: readonly RingNode[];
  readonly chunks: ChunkCounts;
  /** Share of the copies that the last change of the ring moves, measured on a sample, and the bound that it keeps. */
  readonly lastChange: { readonly movedShare: number; readonly bound: number } | undefined;
  /** Oldest first. */
  readonly events: readonly ClusterEvent[];
}
