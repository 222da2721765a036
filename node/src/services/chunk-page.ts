// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { ChunkRecord, GarbageRecord, GenerationRecord } from '../core/lifecycle/types.ts';
import type { GenerationSummary, LifecycleView } from '../core/lifecycle/view.ts';
import { waitingFor } from '../core/lifecycle/waiting-for.ts';
import type { Wait } from '../core/lifecycle/waiting-for.ts';
import type { CallOptions, Shards } from '../ports/shards.ts';
import { decodeChunkCursor, encodeChunkCursor } from './chunk-cursor.ts';
import type { ChunkPosition } from './chunk-cursor.ts';
import { readLifecycle } from './lifecycle.ts';
import { currentMap } from './placement.ts';

export interface ChunkQuery {
  /** Undefined: all shards, in the order of their ranges. */
  readonly shard?: ShardId | undefined;
  /** Chunks of a page, 0 to limits.listMaxLinks; 0: the generations only. */
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface GenerationStatus extends GenerationSummary {
  /** Undefined while it is active. */
  readonly record: GenerationRecord | undefined;
  /** What it lacks on its way to the cold tier; empty while it is active. */
  readonly waits: readonly Wait[];
}

export interface ShardChunks {
  readonly shard: ShardId;
  readonly chunkSetVersion: number;
  /** Newest first; the first one is active. */
  readonly generations: readonly GenerationStatus[];
  /** Of all chunks of the shard. */
  readonly totals: { readonly chunks: number; readonly rows: number; readonly bytes: number };
  readonly garbage: readonly GarbageRecord[];
  /** The chunks that are in this page, in the order of their names. */
  readonly chunks: readonly ChunkRecord[];
}

export interface ChunkPage {
  /** A shard whose chunks do not fit is in the next page again. */
  readonly shards: readonly ShardChunks[];
  /** Undefined at the end. */
  readonly cursor: string | undefined;
}

/** Shards of a page: each has up to 17 generations, and costs a read of its own. */
const pageShardsMax = 64;

export async function chunkPage(shards: Shards, query: ChunkQuery, options: CallOptions): Promise<ChunkPage> {
  const { limit, cursor } = query;
  if (!Number.isInteger(limit) || limit < 0 || limit > limits.listMaxLinks)
    throw new ServiceError('invalid', `limit is 0 to ${limits.listMaxLinks}`, { field: 'limit' });
  const start = cursor === undefined ? undefined : decodeChunkCursor(cursor);
  const ids = shardsFrom(shards, query.shard, start);
  const page: ShardChunks[] = [];
  let left = limit;
  for (const [i, shard] of ids.entries()) {
    if (i === pageShardsMax) return { shards: page, cursor: encodeChunkCursor({ shard, after: '' }) };
    const view = await readLifecycle(shards, shard, options);
    const after = start?.shard === shard ? start.after : '';
    const rest = (view.records?.chunks ?? []).filter(({ object }) => object.name > after);
    const chunks = rest.slice(0, left);
    page.push({ ...describe(shard, view), chunks });
    left -= chunks.length;
    const last = chunks.at(-1)?.object.name ?? after;
    if (limit > 0 && chunks.length < rest.length)
      return { shards: page, cursor: encodeChunkCursor({ shard, after: last }) };
  }
  return { shards: page, cursor: undefined };
}

/** In the order of the map, from where the page before ended. */
function shardsFrom(shards: Shards, only: ShardId | undefined, start: ChunkPosition | undefined): readonly ShardId[] {
  const ids = only === undefined ? currentMap(shards).shards.map(({ id }) => id) : [only];
  if (start === undefined) return ids;
  const at = ids.indexOf(start.shard);
  if (at < 0) throw new ServiceError('invalid', 'the cursor is of another shard', { field: 'cursor' });
  return ids.slice(at);
}

function describe(shard: ShardId, view: LifecycleView): Omit<ShardChunks, 'chunks'> {
  const records = view.records ?? { generations: [], chunks: [], garbage: [] };
  return {
    shard,
    chunkSetVersion: view.chunkSetVersion,
    generations: view.generations.map((summary, i) => {
      const record = records.generations.find(({ id }) => id === summary.id);
      const older = view.generations.length - 1 - i;
      const waits = record === undefined ? [] : waitingFor(record, { ...view, older });
      return { ...summary, record, waits };
    }),
    totals: {
      chunks: records.chunks.length,
      rows: records.chunks.reduce((sum, { object }) => sum + object.rows, 0),
      bytes: records.chunks.reduce((sum, { object }) => sum + object.sizeBytes, 0),
    },
    garbage: records.garbage,
  };
}
