// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';

// Looking after the objects of chunks, as people ask a node for it. What they ask for may take hours: it is a job, of which
// a node does one at a time, and which they look at until it is over.

export type UpkeepRequest =
  /** Delete what nothing refers to, as far as it is due. `dryRun`: only say what that is. */
  | { readonly kind: 'gc'; readonly dryRun: boolean }
  /** Read every object that is on record, every byte of it. `repair`: also make anew what is missing or wrong. */
  | { readonly kind: 'scrub'; readonly repair: boolean };

/** What an object that was unlinked waits for. */
export type CollectionWait = 'age' | 'manifest';

export interface CollectedObject {
  readonly name: string;
  readonly sizeBytes: number;
  /** `garbage`: it was unlinked. `orphan`: it was never on record, and no entry can refer to it any more. */
  readonly standing: 'garbage' | 'orphan';
  /** Undefined: it was deleted, or would be. */
  readonly wait: CollectionWait | undefined;
}

export interface ShardCollection {
  readonly shard: ShardId;
  readonly objects: readonly CollectedObject[];
  /** Objects that were never on record and stay: they are young, or an entry may still refer to them. */
  readonly pending: number;
  /** Objects whose names are none of ours; nobody touches them. */
  readonly foreign: number;
  readonly abortedUploads: number;
}

/** `lost`: there is no copy anywhere to make it from. `failed`: try again. */
export type RepairOutcome = 'repaired' | 'lost' | 'failed';

export interface ScrubFinding {
  readonly name: string;
  /** `extra`: in the store, on no record, and no entry can refer to it any more; the collector deletes it when it is old. */
  readonly problem: 'missing' | 'corrupt' | 'extra' | 'unreadable';
  readonly detail: string;
  /** Undefined: nothing was asked for, or is to be done. */
  readonly repair: RepairOutcome | undefined;
}

export interface ShardScrub {
  readonly shard: ShardId;
  /** Objects on record that were read, and their bytes. */
  readonly checkedObjects: number;
  readonly checkedBytes: number;
  readonly findings: readonly ScrubFinding[];
  /** As in a collection. */
  readonly pending: number;
  readonly foreign: number;
}

export interface UpkeepProgress {
  readonly shards: number;
  readonly shardsDone: number;
  /** Of the objects that are known to be read. */
  readonly bytes: number;
  readonly bytesDone: number;
}

export type UpkeepReport =
  | { readonly kind: 'gc'; readonly dryRun: boolean; readonly shards: readonly ShardCollection[] }
  | { readonly kind: 'scrub'; readonly repair: boolean; readonly shards: readonly ShardScrub[] };

export interface UpkeepJob {
  /** Different for each job of a process. */
  readonly id: number;
  readonly request: UpkeepRequest;
  readonly startedAtMs: number;
  readonly progress: UpkeepProgress;
  readonly state:
    | { readonly kind: 'running' }
    | { readonly kind: 'done'; readonly report: UpkeepReport; readonly endedAtMs: number }
    | { readonly kind: 'failed'; readonly message: string; readonly endedAtMs: number };
}

export interface ChunkUpkeep {
  /** Begins a job. Undefined: another one is running. */
  start(request: UpkeepRequest): Promise<UpkeepJob | undefined>;
  /** The job that runs, or the last one that did. */
  job(): Promise<UpkeepJob | undefined>;
}
