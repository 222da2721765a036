// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import type { ChunkObject, Placement } from '../../core/lifecycle/types.ts';
import { place } from '../../core/placement/place.ts';
import type { Ring } from '../../core/placement/ring.ts';
import type { ChunkCounts } from '../../ports/ring-report.ts';
import type { WatchedShard } from './shard-watch.ts';

/** An object of a shard with the nodes that reported a copy. */
export interface HeldObject {
  readonly shard: ShardId;
  readonly object: ChunkObject;
  readonly holders: readonly NodeId[];
}

export interface HolderInput {
  readonly self: NodeId;
  readonly ring: Ring;
  readonly placement: Placement;
  readonly shards: readonly WatchedShard[];
  /** Names of the whole copies on this disk. */
  readonly files: ReadonlySet<string>;
}

export interface HolderPlan {
  /** To fetch, the most wanted first: those with the fewest holders. */
  readonly downloads: readonly HeldObject[];
  /** One HOLDING a shard that has news: copies that are not on record, and copies that somebody else should have. */
  readonly reports: readonly {
    readonly shard: ShardId;
    readonly holds: readonly string[];
    readonly drops: readonly string[];
  }[];
  /** Copies of what no shard knows of: to be asked about, because a shard that was not seen may know them. */
  readonly unknown: readonly string[];
}

/** Objects that holders care about: those that were handed to the ring, the chunk set, and what is to become part of it. */
export function objectsOf({ shard, records }: WatchedShard): HeldObject[] {
  const placed = records.generations.flatMap(({ object, placement, holders }) =>
    object === undefined || placement === undefined ? [] : [{ shard, object, holders }],
  );
  const chunks = [...records.chunks, ...(records.merge?.result?.outputs ?? [])];
  return [...placed, ...chunks.map(({ object, holders }) => ({ shard, object, holders }))];
}

/** What a holder should do: a pure function of the ring, of what the shards have on record and of what is on the disk. */
export function planHolding({ self, ring, placement, shards, files }: HolderInput): HolderPlan {
  const downloads: HeldObject[] = [];
  const reports = [];
  const known = new Set<string>();
  for (const watched of shards) {
    const holds: string[] = [];
    const drops: string[] = [];
    for (const held of objectsOf(watched)) {
      const { name } = held.object;
      known.add(name);
      const isMine = place(ring, name, placement.redundancy).includes(self);
      const isHere = files.has(name);
      const isOnRecord = held.holders.includes(self);
      if (isMine && !isHere) downloads.push(held);
      if (isMine && isHere && !isOnRecord) holds.push(name);
      // Also one that is only on record: others must not count on a copy that is not there.
      if (!isMine && (isHere || isOnRecord)) drops.push(name);
    }
    if (holds.length + drops.length > 0) reports.push({ shard: watched.shard, holds, drops });
  }
  downloads.sort((a, b) => a.holders.length - b.holders.length);
  return { downloads, reports, unknown: [...files].filter((name) => !known.has(name)) };
}

/** What `ring status` and the metrics say of all chunks. */
export function chunkTotals(shards: readonly WatchedShard[], ring: Ring, placement: Placement): ChunkCounts {
  const objects = shards.flatMap(objectsOf);
  let underReplicated = 0;
  let moving = 0;
  for (const { object, holders } of objects) {
    const wanted = place(ring, object.name, placement.redundancy);
    const eligible = holders.filter((node) => placement.nodes.includes(node));
    if (eligible.length < Math.max(placement.redundancy, 1)) underReplicated++;
    moving += wanted.filter((node) => !holders.includes(node)).length;
  }
  return { total: objects.length, underReplicated, moving };
}
