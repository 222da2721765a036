// SPDX-License-Identifier: Apache-2.0
import { generationRangesThrough, shardStateKey } from '../../src/core/statemachine/keys.ts';
import { decodeShardState } from '../../src/core/statemachine/shard-state.ts';
import type { Replica } from '../../src/engine/host/replica.ts';
import { ShardMachine } from '../../src/engine/machines/shard-machine.ts';
import type { KvReader } from '../../src/ports/kv-engine.ts';

const scanMaxRows = 100_000;

/** Rows of links and keys that the copy says it has in the hot tier; with its sealed generations, of which each is more than none. */
export function hotRowsOf(replica: Replica, store: KvReader): number {
  const state = stateOf(replica, store);
  const sealed = (state?.generations.length ?? 1) - 1;
  return sealed + (state?.generations ?? []).reduce((sum, { rows }) => sum + rows, 0);
}

/** Rows in the ranges of all generations of the copy, also of those that it no longer lists. */
export function storedRowsOf(replica: Replica, store: KvReader): number {
  const newest = stateOf(replica, store)?.generations[0]?.id;
  if (newest === undefined) return 0;
  const ranges = generationRangesThrough({ shard: replica.shard, slot: replica.machine.slot }, newest);
  return ranges.reduce((sum, range) => sum + store.scan('state', range, { limit: scanMaxRows }).length, 0);
}

function stateOf({ machine, shard }: Replica, store: KvReader) {
  if (!(machine instanceof ShardMachine)) return undefined;
  const row = store.get('state', shardStateKey({ shard, slot: machine.slot }));
  return row === undefined ? undefined : decodeShardState(row);
}
