// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ColdNeed, ColdOverlay } from '../../core/statemachine/cold-overlay.ts';
import { executeRead } from '../../core/statemachine/execute-read.ts';
import { shardStateKey } from '../../core/statemachine/keys.ts';
import type { ReadOp, ReadResult } from '../../core/statemachine/reads.ts';
import { decodeShardState } from '../../core/statemachine/shard-state.ts';
import type { KvReader } from '../../ports/kv-engine.ts';
import type { ReadView } from '../engine-api.ts';
import { stateReader } from '../machines/shard-machine.ts';

export interface LocalCopy {
  readonly shard: ShardId;
  readonly view: ReadView;
  /** What is known of the chunks; undefined while there are none. */
  readonly cold: ColdOverlay | undefined;
}

export type LocalRead =
  | { readonly kind: 'results'; readonly results: readonly ReadResult[] }
  /** Rows of chunks are needed first. */
  | { readonly kind: 'cold'; readonly needs: readonly ColdNeed[] }
  /** Rows may have gone away while they were read: a new view is needed. */
  | { readonly kind: 'moved' };

/**
 * Reads the rows of a shard on a serving thread, and judges afterwards whether none went away meanwhile. A sweep of a copy
 * removes the state row first, and the state row names a new chunk set before the rows of a retired generation are swept:
 * the same row with the same version proves that none was missing (design §6: V, the hot tier, V again).
 */
export function readLocally(
  reader: KvReader,
  { shard, view, cold }: LocalCopy,
  operations: readonly ReadOp[],
): LocalRead {
  const { slot, generations, revision, timeMs } = view;
  const context = { reader: stateReader(reader), shard, slot, state: { generations, revision, timeMs }, cold };
  const results = operations.map((operation) => executeRead(operation, context));
  if (!isUnmoved(reader, shard, view)) return { kind: 'moved' };
  const needs = cold?.missing ?? [];
  return needs.length > 0 ? { kind: 'cold', needs } : { kind: 'results', results };
}

function isUnmoved(reader: KvReader, shard: ShardId, { slot, generations, chunkSetVersion }: ReadView): boolean {
  const row = reader.get('state', shardStateKey({ shard, slot }));
  if (row === undefined) return false;
  // With one generation and no chunks there is nothing that can be retired under a reader's hands.
  if (generations.length === 1 && chunkSetVersion === 0) return true;
  return decodeShardState(row).chunkSetVersion === chunkSetVersion;
}
