// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { ColdOverlay, coldRoundsMax } from '../../core/statemachine/cold-overlay.ts';
import type { ReadOp, ReadResult } from '../../core/statemachine/reads.ts';
import type { ColdTier } from '../../ports/cold-tier.ts';
import type { KvReader } from '../../ports/kv-engine.ts';
import type { ReadView } from '../engine-api.ts';
import { readLocally } from './local-reads.ts';

export interface TieredReads {
  readonly reader: KvReader;
  readonly coldTier: ColdTier;
  readonly leftMs: () => number;
}

/**
 * Executes reads under one view, and asks the chunks for what only they know. Undefined: the view is out of date.
 * @throws ServiceError of kind unavailable when a tier that could hold a key does not answer: never "not found".
 */
export async function readTiers(
  { reader, coldTier, leftMs }: TieredReads,
  shard: ShardId,
  operations: readonly ReadOp[],
  view: ReadView,
): Promise<readonly ReadResult[] | undefined> {
  const cold = view.chunkSetVersion === 0 ? undefined : new ColdOverlay();
  for (let round = 0; round <= coldRoundsMax; round++) {
    const read = readLocally(reader, { shard, view, cold }, operations);
    if (read.kind === 'results') return read.results;
    if (read.kind === 'moved') return undefined;
    const query = { shard, slot: view.slot, version: view.chunkSetVersion, needs: read.needs };
    const answer = await coldTier.query(query, Math.max(1, leftMs()));
    if (answer.kind === 'moved') return undefined;
    if (answer.kind === 'unavailable') throw new ServiceError('unavailable', answer.message);
    cold?.add(read.needs, answer.found);
  }
  throw new ServiceError('unavailable', 'the read needs more of the cold tier than one request may ask for');
}
