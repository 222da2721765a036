// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { compareBytes } from '@shortlink/common/bytes.ts';
import { generationKey, generationRange, keySuffix } from './keys.ts';
import type { Namespace, ShardScope } from './keys.ts';
import type { GenerationInfo } from './shard-state.ts';
import type { StateReader, StateRow } from './state-reader.ts';

/** The hot tier of one shard as readers see it. `generations` are newest first. */
export interface HotTier {
  readonly reader: StateReader;
  readonly scope: ShardScope;
  readonly generations: readonly Pick<GenerationInfo, 'id'>[];
}

/** The newest value of a row, tombstones included; undefined when no generation has one. */
export function hotGet(tier: HotTier, namespace: Namespace, suffix: Uint8Array): Uint8Array | undefined {
  for (const { id } of tier.generations) {
    const value = tier.reader.get(generationKey(namespace, tier.scope, id, suffix));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** As `hotGet` for many rows, in one read of the store. */
export function hotGetMany(
  tier: HotTier,
  namespace: Namespace,
  suffixes: readonly Uint8Array[],
): (Uint8Array | undefined)[] {
  const ids = tier.generations.map(({ id }) => id);
  const keys = suffixes.flatMap((suffix) => ids.map((id) => generationKey(namespace, tier.scope, id, suffix)));
  const values = tier.reader.getMany(keys);
  return suffixes.map((_, i) =>
    values.slice(i * ids.length, (i + 1) * ids.length).find((value) => value !== undefined),
  );
}

/** Suffixes in [gte, lt); undefined `lt`: to the end of the namespace. */
export interface HotScan {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array | undefined;
  readonly reverse?: boolean | undefined;
  /** Rows at most, tombstones included. */
  readonly limit: number;
  /** Stop after the row that passes this many bytes. */
  readonly maxBytes: number;
}

export interface HotPage {
  /** `key` is the suffix. The newest value of each, tombstones included. */
  readonly rows: readonly StateRow[];
  /** True when the page ended by a limit, so that there may be more rows after the last one. */
  readonly more: boolean;
}

/** One page of the merged view of all generations. */
export function hotScan(tier: HotTier, namespace: Namespace, scan: HotScan): HotPage {
  return mergePages(
    tier.generations.map(({ id }) => scanGeneration(tier, namespace, id, scan)),
    scan,
  );
}

/** One page out of pages of the same scan, the newest source first. */
export function mergePages(pages: readonly HotPage[], scan: HotScan): HotPage {
  const sign = scan.reverse === true ? -1 : 1;
  // Beyond the last row of a page that a limit ended, that generation is not known: the merge must stop there.
  const horizon = pages
    .filter((page) => page.more)
    .map((page) => defined(page.rows.at(-1), 'last row of a full page').key)
    .sort((a, b) => sign * compareBytes(a, b))[0];
  const newest: StateRow[] = [];
  for (const page of pages) mergeNewest(newest, page.rows, sign);
  const rows = newest.filter((row) => horizon === undefined || sign * compareBytes(row.key, horizon) <= 0);
  return limitPage({ rows, more: horizon !== undefined }, scan);
}

function scanGeneration(tier: HotTier, namespace: Namespace, generation: number, scan: HotScan): HotPage {
  const range = {
    gte: generationKey(namespace, tier.scope, generation, scan.gte),
    lt:
      scan.lt === undefined
        ? generationRange(namespace, tier.scope, generation).lt
        : generationKey(namespace, tier.scope, generation, scan.lt),
  };
  const { limit, maxBytes, reverse } = scan;
  const found = tier.reader.scan(range, { limit, maxBytes, reverse });
  let bytes = 0;
  const rows = found.map(({ key, value }) => {
    bytes += key.length + value.length;
    return { key: keySuffix(key), value };
  });
  return { rows, more: rows.length > 0 && (rows.length >= limit || bytes > maxBytes) };
}

/** Merges `older` into `newest`, both ordered; of equal keys the one in `newest` stays. */
function mergeNewest(newest: StateRow[], older: readonly StateRow[], sign: number): void {
  if (newest.length === 0) {
    newest.push(...older);
    return;
  }
  const left = newest.splice(0);
  let i = 0;
  for (const row of older) {
    let next = left[i];
    while (next !== undefined && sign * compareBytes(next.key, row.key) < 0) {
      newest.push(next);
      next = left[++i];
    }
    if (next === undefined || compareBytes(next.key, row.key) !== 0) newest.push(row);
  }
  newest.push(...left.slice(i));
}

function limitPage(page: HotPage, scan: HotScan): HotPage {
  const rows: StateRow[] = [];
  let bytes = 0;
  for (const row of page.rows) {
    if (rows.length >= scan.limit || bytes > scan.maxBytes) return { rows, more: true };
    rows.push(row);
    bytes += row.key.length + row.value.length;
  }
  return { rows, more: page.more };
}
