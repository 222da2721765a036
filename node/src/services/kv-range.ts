// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { compareBytes, concatBytes, emptyBytes } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { ShardInfo } from '../core/cluster/cluster-map.ts';
import type { KvRow } from '../core/statemachine/reads.ts';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import type { QueryOptions, ServiceDependencies } from './dependencies.ts';
import { currentMap } from './placement.ts';

/** Keys in [gte, lt). */
export interface KvRange {
  /** Undefined: from the first key. */
  readonly gte?: Uint8Array | undefined;
  /** Undefined: to the last key. */
  readonly lt?: Uint8Array | undefined;
  readonly reverse: boolean;
  readonly keysOnly: boolean;
}

export interface KvPageQuery extends KvRange {
  /** Rows, 1 to limits.rangePageMaxRows. */
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface KvPage {
  readonly rows: readonly KvRow[];
  /** Undefined at the end. */
  readonly cursor: string | undefined;
}

const defaultPageRows = 1000;
/** The byte that leads a cursor says its direction, so that a cursor of one is not taken for the other. */
const forwardMark = 1;
const reverseMark = 2;

/** One page, across shards, ended by `limit` or by limits.rangePageMaxBytes. */
export async function rangePage(
  dependencies: ServiceDependencies,
  query: KvPageQuery,
  options: QueryOptions,
): Promise<KvPage> {
  checkQuery(query);
  const range = afterCursor(query);
  const rows: KvRow[] = [];
  let bytes = 0;
  for (const shard of shardsOfRange(currentMap(dependencies.shards).shards, range)) {
    const part = await readShard(dependencies, shard, {
      range,
      limit: query.limit - rows.length,
      maxBytes: limits.rangePageMaxBytes - bytes,
      options,
    });
    for (const row of part.rows) {
      rows.push(row);
      bytes += row.key.length + row.value.length;
    }
    const last = rows.at(-1);
    const full = rows.length >= query.limit || bytes >= limits.rangePageMaxBytes || part.more;
    if (full && last !== undefined) return { rows, cursor: cursorAfter(last.key, query.reverse) };
  }
  return { rows, cursor: undefined };
}

export async function* rangePages(
  dependencies: ServiceDependencies,
  range: KvRange & { readonly limit?: number | undefined },
  options: QueryOptions,
): AsyncGenerator<readonly KvRow[]> {
  let left = range.limit ?? Number.POSITIVE_INFINITY;
  let cursor: string | undefined;
  do {
    const page: KvPage = await rangePage(
      dependencies,
      { ...range, limit: Math.min(left, defaultPageRows), cursor },
      options,
    );
    if (page.rows.length > 0) yield page.rows;
    left -= page.rows.length;
    cursor = page.cursor;
  } while (cursor !== undefined && left > 0);
}

interface ShardRead {
  readonly range: KvRange;
  readonly limit: number;
  readonly maxBytes: number;
  readonly options: QueryOptions;
}

async function readShard(
  { shards }: ServiceDependencies,
  shard: ShardInfo,
  { range, limit, maxBytes, options }: ShardRead,
) {
  const gte = maxKey(range.gte ?? emptyBytes, shard.start);
  const lt = minKey(range.lt, shard.end);
  const { reverse, keysOnly } = range;
  const [result] = await shards.read(
    shard.id,
    [{ type: 'kvRange', gte, lt, reverse, limit, maxBytes, keysOnly }],
    options,
  );
  assert(result?.kind === 'kvRange', 'rows answer a read of a range');
  assert(!result.more || result.rows.length > 0, 'a page that is not the last one has rows');
  return result;
}

function shardsOfRange(shards: readonly ShardInfo[], { gte, lt, reverse }: KvRange): readonly ShardInfo[] {
  const inRange = shards.filter((shard) => {
    const endsBefore = gte !== undefined && shard.end !== undefined && compareBytes(shard.end, gte) <= 0;
    const startsAfter = lt !== undefined && compareBytes(lt, shard.start) <= 0;
    return !endsBefore && !startsAfter;
  });
  return reverse ? inRange.reverse() : inRange;
}

function afterCursor(query: KvPageQuery): KvRange {
  if (query.cursor === undefined) return query;
  const bytes = fromBase64Url(query.cursor);
  if (bytes === undefined || bytes[0] !== (query.reverse ? reverseMark : forwardMark)) {
    throw new ServiceError('invalid', 'the cursor does not come from a page of this range', { field: 'cursor' });
  }
  const last = bytes.subarray(1);
  return query.reverse
    ? { ...query, lt: minKey(query.lt, last) }
    : { ...query, gte: maxKey(query.gte ?? emptyBytes, concatBytes(last, new Uint8Array(1))) };
}

function cursorAfter(key: Uint8Array, reverse: boolean): string {
  return toBase64Url(concatBytes(Uint8Array.of(reverse ? reverseMark : forwardMark), key));
}

function checkQuery({ gte, lt, limit }: KvPageQuery): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.rangePageMaxRows) {
    throw new ServiceError('invalid', `limit is 1 to ${limits.rangePageMaxRows}`, { field: 'limit' });
  }
  if (gte !== undefined && lt !== undefined && compareBytes(gte, lt) > 0) {
    throw new ServiceError('invalid', 'the range ends before it starts', { field: 'lt' });
  }
}

function maxKey(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compareBytes(a, b) >= 0 ? a : b;
}

function minKey(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareBytes(a, b) <= 0 ? a : b;
}
