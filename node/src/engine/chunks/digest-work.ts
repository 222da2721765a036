// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@shortlink/common/bytes.ts';
import { ContentDigest } from '../../core/chunk/content-digest.ts';
import type { GenerationRecord } from '../../core/lifecycle/types.ts';
import type { ShardScope } from '../../core/statemachine/keys.ts';
import type { ChunkContext } from './chunk-context.ts';
import { generationRows, isWhole } from './generation-rows.ts';

/** The digest that this replica votes for; undefined when the rows went away while they were read. */
export async function digestOfGeneration(
  context: ChunkContext,
  scope: ShardScope,
  record: GenerationRecord,
): Promise<string | undefined> {
  const digest = new ContentDigest(context.codec);
  for (const page of generationRows(context.reader, scope, record.id)) {
    for (const row of page) digest.add(row);
    await context.breathe();
  }
  const value = toHex(digest.finish());
  if (!isWhole(context.reader, scope, record.id)) return undefined;
  context.observer.count('digested');
  return value;
}
