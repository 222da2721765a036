// SPDX-License-Identifier: Apache-2.0
import type { ColdOverlay } from './cold-overlay.ts';
import { hotGet, hotGetMany, hotScan, mergePages } from './generations.ts';
import type { HotPage, HotScan, HotTier } from './generations.ts';
import type { Namespace } from './keys.ts';

/** All tiers of a shard as readers see them, the hot one first: what is in it is newer than anything in a chunk. */
export interface Tiers extends HotTier {
  /** Undefined while the shard has no chunks. */
  readonly cold: ColdOverlay | undefined;
}

const emptyPage: HotPage = { rows: [], more: false };

/** The newest value of a row, tombstones included. */
export function getRow(tiers: Tiers, namespace: Namespace, suffix: Uint8Array): Uint8Array | undefined {
  return hotGet(tiers, namespace, suffix) ?? tiers.cold?.row(namespace, suffix);
}

/** As `getRow` for many rows, in one read of the store. */
export function getRows(
  tiers: Tiers,
  namespace: Namespace,
  suffixes: readonly Uint8Array[],
): (Uint8Array | undefined)[] {
  const values = hotGetMany(tiers, namespace, suffixes);
  const { cold } = tiers;
  return cold === undefined ? values : suffixes.map((suffix, i) => values[i] ?? cold.row(namespace, suffix));
}

/** One page of the merged view. Empty while a page of the chunks is missing: what follows from it would be wrong. */
export function scanRows(tiers: Tiers, namespace: Namespace, scan: HotScan): HotPage {
  const hot = hotScan(tiers, namespace, scan);
  if (tiers.cold === undefined) return hot;
  const cold = tiers.cold.page(namespace, scan);
  return cold === undefined ? emptyPage : mergePages([hot, cold], scan);
}
