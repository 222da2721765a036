// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ChunkCodec } from '../../core/chunk/chunk-codec.ts';
import type { Placement } from '../../core/lifecycle/types.ts';
import type { Ring } from '../../core/placement/ring.ts';
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ShardScrub } from '../../ports/chunk-upkeep.ts';
import type { ChunkPeers } from '../../ports/chunk-peers.ts';
import type { ChunkFiles } from '../../ports/chunk-files.ts';
import type { Clock, Timers } from '../../ports/clock.ts';
import type { KvReader } from '../../ports/kv-engine.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Random } from '../../ports/random.ts';
import type { Shards } from '../../ports/shards.ts';
import type { Supersession } from '../archive/supersession.ts';
import type { WorkObserver } from './background-work.ts';
import type { WatchedShard } from './shard-watch.ts';

/** What a finished piece of work was, for the metrics. */
export type ChunkEvent =
  | 'digested'
  | 'exported'
  | 'exportLost'
  | 'readBack'
  | 'corrupt'
  | 'fetched'
  | 'merged'
  | 'mergeVerified'
  | 'mergeAbandoned'
  | 'collected'
  | 'orphanDeleted'
  | 'repaired'
  | 'diskFull'
  | 'dropped'
  | 'manifestPublished'
  | 'checkpointTaken'
  | 'garbageDeleted';

export interface ChunkObserver extends WorkObserver {
  count(event: ChunkEvent, bytes?: number): void;
  /** How old the newest checkpoint of each shard is that this node leads. */
  checkpointAges(agesMs: ReadonlyMap<ShardId, number>): void;
  /** Every object was read again. */
  scrubbed(shards: readonly ShardScrub[]): void;
  /** What was seen in a round. */
  round(seen: { readonly shards: readonly WatchedShard[]; readonly ring: Ring; readonly placement: Placement }): void;
}

/** Everything that work on chunks touches. */
export interface ChunkContext {
  readonly shards: Shards;
  /** The node's store: rows of sealed generations, and the directory of replicas. */
  readonly reader: KvReader;
  readonly objects: ObjectStore;
  readonly files: ChunkFiles;
  readonly peers: ChunkPeers;
  readonly self: NodeId;
  readonly codec: ChunkCodec;
  /** Asked before each step that writes or deletes in the object store. */
  readonly supersession: Supersession;
  /** Whether the object store was found to keep its promises: until then nothing is written to it, and nothing deleted. */
  readonly mayWrite: () => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: ChunkObserver;
  /** Lets others run: rounds, copies and jobs share the thread with what computes. */
  readonly breathe: () => Promise<void>;
  /** Waits until so many more bytes may be moved. */
  readonly pace: (bytes: number) => Promise<void>;
  /** Removes a copy, and whatever was cached of it. */
  readonly dropCopy: (name: string) => Promise<void>;
  /** A new copy is here and was checked. */
  readonly copied: (name: string) => void;
  readonly onFatal: (error: unknown) => void;
}
