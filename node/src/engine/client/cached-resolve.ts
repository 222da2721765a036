// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ReadOp, ReadResult } from '../../core/statemachine/reads.ts';
import { resolutionOf } from '../../core/statemachine/resolution.ts';
import type { LinkResolution } from '../../core/statemachine/resolution.ts';
import type { ReadView } from '../engine-api.ts';
import type { LinkCache, LinkStamp } from './link-cache.ts';

export interface CodesOfShard {
  readonly shard: ShardId;
  readonly codes: readonly string[];
  readonly view: ReadView;
}

/** Reads all tiers through the view; undefined when the view is of no use any more. */
type ReadThrough = (operations: readonly ReadOp[]) => Promise<readonly ReadResult[] | undefined>;

/** What the codes come to, from the cache where it has them. Undefined when the view is of no use any more. */
export async function resolveCached(
  cache: LinkCache,
  { shard, codes, view }: CodesOfShard,
  read: ReadThrough,
): Promise<readonly LinkResolution[] | undefined> {
  const known = codes.map((code) => cache.find(code, view));
  // Stamps first: whoever changes a row after this raises its version, and what is read here is then never used again.
  const missing: { readonly code: string; readonly stamp: LinkStamp }[] = [];
  for (const [i, code] of codes.entries())
    if (known[i] === undefined) missing.push({ code, stamp: cache.stamp(shard, code) });
  if (missing.length === 0) return known as readonly LinkResolution[];
  const results = await read(missing.map(({ code }) => ({ type: 'link', code })));
  if (results === undefined) return undefined;
  let next = 0;
  return known.map((resolution) => {
    if (resolution !== undefined) return resolution;
    const { code, stamp } = defined(missing[next], 'a missing code');
    const result = defined(results[next++], 'a result of each operation');
    const found = resolutionOf(result);
    // Codes that nobody has ever had are not kept: a flood of them must not drive the others out.
    if (result.kind !== 'notFound') cache.keep(code, stamp, { slot: view.slot, resolution: found });
    return found;
  });
}
