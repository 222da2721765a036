// SPDX-License-Identifier: Apache-2.0
import { concatBytes, emptyBytes } from '@shortlink/common/bytes.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { CollectExpired } from './commands.ts';
import { hotGetMany, hotScan } from './generations.ts';
import type { HotTier } from './generations.ts';
import { decodeIndexRow } from './index-row.ts';
import { expiryIndexSuffix, getUint64, linkSuffix, namespaces } from './keys.ts';
import { decodeLinkRow } from './link-row.ts';
import type { StateReader, StateRow } from './state-reader.ts';

export interface CollectContext {
  readonly reader: StateReader;
  readonly shard: ShardId;
  readonly slot: number;
  readonly state: Pick<HotTier, 'generations'>;
  /** The leader's time; apply checks again with the entry's. */
  readonly nowMs: number;
  /** Commands at most. */
  readonly limit: number;
}

/** What has expired by `nowMs`, the oldest first, from the index by expiry: never by looking at links that live on. */
export function findExpired(context: CollectContext): CollectExpired[] {
  const { reader, shard, slot, limit } = context;
  const tier: HotTier = { reader, scope: { shard, slot }, generations: context.state.generations };
  const lt = expiryIndexSuffix(context.nowMs + 1, emptyBytes);
  const found: CollectExpired[] = [];
  let gte = emptyBytes;
  while (found.length < limit) {
    const page = hotScan(tier, namespaces.linkByExpiry, { gte, lt, limit, maxBytes: limits.rangePageMaxBytes });
    found.push(...stillExpired(tier, page.rows));
    const last = page.rows.at(-1);
    if (!page.more || last === undefined) break;
    gte = concatBytes(last.key, Uint8Array.of(0));
  }
  return found.slice(0, limit);
}

/** The links that have this very expiry; index rows of older generations may be behind the times. */
function stillExpired(tier: HotTier, rows: readonly StateRow[]): CollectExpired[] {
  const entries = rows.flatMap(({ key, value }) => {
    const code = decodeIndexRow(value);
    return code === undefined ? [] : [{ code, expiresAtMs: getUint64(key, 0) }];
  });
  const values = hotGetMany(
    tier,
    namespaces.link,
    entries.map(({ code }) => linkSuffix(code)),
  );
  return entries.flatMap(({ code, expiresAtMs }, i): CollectExpired[] => {
    const value = values[i];
    if (value === undefined) return [];
    const row = decodeLinkRow(code, value);
    if (row.kind === 'dead' || row.link.expiresAtMs !== expiresAtMs) return [];
    return [{ type: 'collectExpired', code, revision: row.link.revision, expiresAtMs }];
  });
}
