// SPDX-License-Identifier: Apache-2.0
import type { ReplicaId } from '@shortlink/common/ids.ts';
import type { ChunkRecord, GarbageRecord, GenerationRecord, GenerationState, MergeRecord } from './types.ts';

/** A generation of the hot tier, as `GenerationInfo` of the shard's state. */
export interface GenerationSummary {
  readonly id: number;
  readonly state: GenerationState;
  readonly rows: number;
  readonly bytes: number;
  readonly startedAtMs: number;
}

/** A shard's lifecycle as nodes see it that work on it: exporters, holders, collectors. */
export interface LifecycleView {
  /** Raised by every entry that changes a record. */
  readonly lifecycleVersion: number;
  readonly chunkSetVersion: number;
  readonly timeMs: number;
  readonly voters: readonly ReplicaId[];
  readonly votersOutgoing: readonly ReplicaId[];
  /** Newest first; the first one is active. */
  readonly generations: readonly GenerationSummary[];
  /** Undefined where the reader has those of this lifecycle version. */
  readonly records: LifecycleRecords | undefined;
}

export interface LifecycleRecords {
  /** Of the sealed generations, oldest first. */
  readonly generations: readonly GenerationRecord[];
  readonly chunks: readonly ChunkRecord[];
  readonly garbage: readonly GarbageRecord[];
  /** Undefined where no chunks are being merged. */
  readonly merge?: MergeRecord | undefined;
}
