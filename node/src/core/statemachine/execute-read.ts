// SPDX-License-Identifier: Apache-2.0
import { unreachable } from '@shortlink/common/assert.ts';
import { compareBytes, concatBytes, emptyBytes } from '@shortlink/common/bytes.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { ColdOverlay } from './cold-overlay.ts';
import type { HotTier } from './generations.ts';
import { linkSuffix, namespaces } from './keys.ts';
import { decodeKvValue } from './kv-row.ts';
import { decodeLinkRow, isExpired } from './link-row.ts';
import { listLinks } from './list-links.ts';
import { readLifecycle } from './read-lifecycle.ts';
import type { KvRow, ReadOp, ReadResult } from './reads.ts';
import type { ShardState } from './shard-state.ts';
import type { StateReader } from './state-reader.ts';
import { getRow, scanRows } from './tiers.ts';
import type { Tiers } from './tiers.ts';

export interface ReadContext {
  readonly reader: StateReader;
  readonly shard: ShardId;
  readonly slot: number;
  /** `timeMs`: max(shard time, the reader's clock within its bound), which decides what has expired. */
  readonly state: Pick<HotTier, 'generations'> & Pick<ShardState, 'revision' | 'timeMs'>;
  /** Of the chunk set that goes with `state`; undefined when there are no chunks. */
  readonly cold: ColdOverlay | undefined;
}

/** Answers from all tiers; the result counts when nothing is missing in `cold`. A disabled link is a link: what it means to be disabled is decided by who asks. */
export function executeRead(operation: ReadOp, context: ReadContext): ReadResult {
  const { reader, shard, slot, state } = context;
  const tiers: Tiers = { reader, scope: { shard, slot }, generations: state.generations, cold: context.cold };
  switch (operation.type) {
    case 'link':
      return readLink(tiers, operation.code, state.timeMs);
    case 'links':
      return listLinks(tiers, operation, state.timeMs);
    case 'kvGet':
      return { kind: 'kv', row: readKv(tiers, operation.key), shardRevision: state.revision };
    case 'kvRange':
      return { kind: 'kvRange', ...readRange(tiers, operation), shardRevision: state.revision };
    case 'lifecycle': {
      const view = readLifecycle(reader, { shard, slot }, operation.knownVersion);
      return view === undefined ? { kind: 'notFound' } : { kind: 'lifecycle', view };
    }
    default:
      return unreachable(operation);
  }
}

function readLink(tiers: Tiers, code: string, timeMs: number): ReadResult {
  const value = getRow(tiers, namespaces.link, linkSuffix(code));
  if (value === undefined) return { kind: 'notFound' };
  const row = decodeLinkRow(code, value);
  if (row.kind === 'dead') return { kind: 'gone', reason: row.dead.reason };
  return isExpired(row.link, timeMs) ? { kind: 'gone', reason: 'expired' } : { kind: 'link', link: row.link };
}

function readKv(tiers: Tiers, key: Uint8Array): KvRow | undefined {
  const value = getRow(tiers, namespaces.kv, key);
  return value === undefined ? undefined : kvRow(key, value);
}

function kvRow(key: Uint8Array, bytes: Uint8Array): KvRow | undefined {
  const { value, createRevision, revision, version } = decodeKvValue(bytes);
  return value === undefined ? undefined : { key, value, createRevision, revision, version };
}

type RangeOp = Extract<ReadOp, { readonly type: 'kvRange' }>;

/** Goes on behind tombstones, so that a page is only empty at the end: the caller needs its last key to go on. */
function readRange(tiers: Tiers, operation: RangeOp): { rows: KvRow[]; more: boolean } {
  const limit = Math.min(operation.limit, limits.rangePageMaxRows);
  const maxBytes = Math.min(operation.maxBytes, limits.rangePageMaxBytes);
  const rows: KvRow[] = [];
  let bytes = 0;
  let { gte, lt } = operation;
  while (lt === undefined || compareBytes(gte, lt) < 0) {
    const { reverse, keysOnly } = operation;
    const page = scanRows(tiers, namespaces.kv, {
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
