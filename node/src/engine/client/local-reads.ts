// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import { executeRead } from '../../core/statemachine/execute-read.ts';
import { shardStateKey } from '../../core/statemachine/keys.ts';
import type { ReadOp, ReadResult } from '../../core/statemachine/reads.ts';
import type { KvReader } from '../../ports/kv-engine.ts';
import type { ReadView } from '../engine-api.ts';
import { stateReader } from '../machines/shard-machine.ts';

/**
 * Reads the rows of a shard on a serving thread. Undefined when the copy was replaced by a snapshot or destroyed while it
 * was read: a sweep removes the state row first, so its presence afterwards proves that no row was missing.
 */
export function readLocally(
  reader: KvReader,
  shard: ShardId,
  operations: readonly ReadOp[],
  view: ReadView,
): readonly ReadResult[] | undefined {
  const { slot, generations, revision, timeMs } = view;
  const context = {
    reader: stateReader(reader),
    shard,
    slot,
    state: { generations, revision, timeMs },
    cold: undefined,
  };
  const results = operations.map((operation) => executeRead(operation, context));
  return reader.get('state', shardStateKey({ shard, slot })) === undefined ? undefined : results;
}
