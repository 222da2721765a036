// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ReadOp, ReadResult } from '../../core/statemachine/reads.ts';
import { resolutionOf } from '../../core/statemachine/resolution.ts';
import type { LinkResolution } from '../../core/statemachine/resolution.ts';
import type { LaterResolution } from '../../ports/shards.ts';
import type { ReadView } from '../engine-api.ts';
import type { LinkCache, LinkStamp } from './link-cache.ts';

export interface CodesOfShard {
  readonly shard: ShardId;
  readonly codes: readonly string[];
  readonly view: ReadView;
}

/** How the cache gets at the rows of a shard. */
export interface ShardReads {
  /** All tiers through one view; undefined when the view is of no use any more. */
  through(view: ReadView, operations: readonly ReadOp[]): Promise<readonly ReadResult[] | undefined>;
  /** With a view of its own. */
  anew(operations: readonly ReadOp[]): Promise<readonly ReadResult[]>;
}

interface Missing {
  readonly place: number;
  readonly code: string;
  readonly stamp: LinkStamp;
}

/** What the codes come to, from the cache where it has them. Undefined when the view is of no use any more. */
export async function resolveCached(
  cache: LinkCache,
  { shard, codes, view }: CodesOfShard,
  reads: ShardReads,
): Promise<readonly (LinkResolution | LaterResolution)[] | undefined> {
  const known = codes.map((code): LinkResolution | LaterResolution | undefined => cache.find(code, view));
  // Stamps first: whoever changes a row after this raises its version, and what is read here is then never used again.
  const missing: Missing[] = [];
  for (const [place, code] of codes.entries())
    if (known[place] === undefined) missing.push({ place, code, stamp: cache.stamp(shard, code) });
  if (view.chunkSetVersion > 0) {
    // Each by itself: one that has to be fetched from far away keeps no other one waiting.
    for (const one of missing) known[one.place] = resolveAlone(cache, { one, view }, reads);
  } else if (missing.length > 0) {
    const results = await reads.through(view, missing.map(readOf));
    if (results === undefined) return undefined;
    for (const [i, one] of missing.entries())
      known[one.place] = remember(cache, { one, view }, defined(results[i], 'a result of each operation'));
  }
  return known.map((resolution) => defined(resolution, 'a resolution of each code'));
}

interface Reading {
  readonly one: Missing;
  readonly view: ReadView;
}

async function resolveAlone(cache: LinkCache, reading: Reading, reads: ShardReads): LaterResolution {
  const operations = [readOf(reading.one)];
  try {
    const results = await reads.through(reading.view, operations);
    if (results !== undefined) return remember(cache, reading, defined(results[0], 'the result of the operation'));
    // The chunks or the copy have changed meanwhile.
    return resolutionOf(defined((await reads.anew(operations))[0], 'the result of the operation'));
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

function readOf({ code }: Missing): ReadOp {
  return { type: 'link', code };
}

function remember(cache: LinkCache, { one, view }: Reading, result: ReadResult): LinkResolution {
  const { code, stamp } = one;
  const resolution = resolutionOf(result);
  if (result.kind === 'notFound') cache.keepAbsent(code, stamp, view);
  else cache.keep(code, stamp, { slot: view.slot, resolution });
  return resolution;
}
