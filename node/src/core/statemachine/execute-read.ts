// SPDX-License-Identifier: Apache-2.0
import { unreachable } from '@shortlink/common/assert.ts';
import { compareBytes, concatBytes, emptyBytes } from '@shortlink/common/bytes.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import { hotGet, hotScan } from './generations.ts';
import type { HotTier } from './generations.ts';
import { linkSuffix, namespaces } from './keys.ts';
import { decodeKvValue } from './kv-row.ts';
import { decodeLinkRow, isExpired } from './link-row.ts';
import { listLinks } from './list-links.ts';
import type { KvRow, ReadOp, ReadResult } from './reads.ts';
import type { ShardState } from './shard-state.ts';
import type { StateReader } from './state-reader.ts';

export interface ReadContext {
  readonly reader: StateReader;
  readonly shard: ShardId;
  readonly slot: number;
  /** `timeMs`: max(shard time, the reader's clock within its bound), which decides what has expired. */
  readonly state: Pick<ShardState, 'generations' | 'revision' | 'timeMs'>;
}

/** Answers from the hot tier. A disabled link is a link: what it means to be disabled is decided by who asks. */
export function executeRead(operation: ReadOp, context: ReadContext): ReadResult {
  const { reader, shard, slot, state } = context;
  const tier: HotTier = { reader, scope: { shard, slot }, generations: state.generations };
  switch (operation.type) {
    case 'link':
      return readLink(tier, operation.code, state.timeMs);
    case 'links':
      return listLinks(tier, operation, state.timeMs);
    case 'kvGet':
      return { kind: 'kv', row: readKv(tier, operation.key), shardRevision: state.revision };
    case 'kvRange':
      return { kind: 'kvRange', ...readRange(tier, operation), shardRevision: state.revision };
    default:
      return unreachable(operation);
  }
}

function readLink(tier: HotTier, code: string, timeMs: number): ReadResult {
  const value = hotGet(tier, namespaces.link, linkSuffix(code));
  if (value === undefined) return { kind: 'notFound' };
  const row = decodeLinkRow(code, value);
  if (row.kind === 'dead') return { kind: 'gone', reason: row.dead.reason };
  return isExpired(row.link, timeMs) ? { kind: 'gone', reason: 'expired' } : { kind: 'link', link: row.link };
}

function readKv(tier: HotTier, key: Uint8Array): KvRow | undefined {
  const value = hotGet(tier, namespaces.kv, key);
  return value === undefined ? undefined : kvRow(key, value);
}

function kvRow(key: Uint8Array, bytes: Uint8Array): KvRow | undefined {
  const { value, createRevision, revision, version } = decodeKvValue(bytes);
  return value === undefined ? undefined : { key, value, createRevision, revision, version };
}

type RangeOp = Extract<ReadOp, { readonly type: 'kvRange' }>;

/** Goes on behind tombstones, so that a page is only empty at the end: the caller needs its last key to go on. */
function readRange(tier: HotTier, operation: RangeOp): { rows: KvRow[]; more: boolean } {
  const limit = Math.min(operation.limit, limits.rangePageMaxRows);
  const maxBytes = Math.min(operation.maxBytes, limits.rangePageMaxBytes);
  const rows: KvRow[] = [];
  let bytes = 0;
  let { gte, lt } = operation;
  while (lt === undefined || compareBytes(gte, lt) < 0) {
    const { reverse, keysOnly } = operation;
    const page = hotScan(tier, namespaces.kv, {
      gte,
      lt,
      reverse,
      limit: limit - rows.length,
      maxBytes: maxBytes - bytes,
    });
    for (const { key, value } of page.rows) {
      const row = kvRow(key, value);
      if (row === undefined) continue;
      rows.push(keysOnly ? { ...row, value: emptyBytes } : row);
      bytes += key.length + value.length;
    }
    const last = page.rows.at(-1);
    if (!page.more || last === undefined) return { rows, more: false };
    if (rows.length >= limit || bytes >= maxBytes) return { rows, more: true };
    if (reverse) lt = last.key;
    else gte = concatBytes(last.key, Uint8Array.of(0));
  }
  return { rows, more: false };
}
