// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { ChunkRow } from '../../chunk/chunk-row.ts';
import { describeStateRow } from '../../chunk/describe-state-row.ts';
import { mergeRows } from '../../chunk/merge-rows.ts';
import type { SortedRows } from '../../chunk/merge-rows.ts';
import { nothingOlder } from '../../lifecycle/merge-rules.ts';
import type { Merged } from '../../lifecycle/merge-events.ts';
import { decodeMergeRecord } from '../../lifecycle/records-codec.ts';
import type { ChunkRecord, MergeRecord } from '../../lifecycle/types.ts';
import type { Command, CommandResult } from '../commands.ts';
import { mergeKey } from '../keys.ts';
import { checksumOf, objectOfRows, placement } from './lifecycle.ts';
import type { TestShard } from './test-shard.ts';

export function pendingMerge(shard: TestShard): MergeRecord | undefined {
  const bytes = shard.memory.get(mergeKey(shard.scope));
  return bytes === undefined ? undefined : decodeMergeRecord(bytes);
}

/** Chunks of the newest `runs` runs behind the first `skip`. */
export function newestChunks(shard: TestShard, runs: number, skip = 0): readonly ChunkRecord[] {
  return shard
    .runs()
    .slice(skip, skip + runs)
    .flatMap(({ chunks }) => chunks);
}

export function beginMerge(shard: TestShard, inputs: readonly ChunkRecord[]): CommandResult {
  const { chunkSetVersion } = shard.state;
  return shard.apply({ type: 'merge', node: 'n1', inputs: inputs.map(({ object }) => object.name), chunkSetVersion });
}

/** Makes the outputs of the merge that has begun, each of so many rows. */
export async function mergedBy(shard: TestShard, outputRows: number): Promise<Merged> {
  const { id, inputs: names } = defined(pendingMerge(shard), 'merge');
  const runs = shard.runs();
  const chunks = runs.flatMap((run) => run.chunks);
  const inputs = chunks.filter(({ object }) => names.includes(object.name));
  const rows: ChunkRow[] = [];
  const dropped: ChunkRow[] = [];
  const sources = inputs.map(({ object }) => asSource(shard.cold.rowsOf(object.name)));
  const options = {
    describe: describeStateRow,
    dropped: (row: ChunkRow) => void dropped.push(row),
    nothingOlder: nothingOlder(inputs, chunks),
  };
  for await (const some of mergeRows(sources, options)) rows.push(...some);
  const outputs = [];
  for (let i = 0; i < rows.length; i += outputRows) {
    const part = rows.slice(i, i + outputRows);
    const object = objectOfRows(`merge-${id}-${i}`, part);
    shard.cold.put(object.name, part);
    outputs.push(object);
  }
  return { type: 'merged', merge: id, outputs, dropped: { rows: dropped.length, checksum: checksumOf(dropped) } };
}

async function* asSource(rows: readonly ChunkRow[]): SortedRows {
  yield await Promise.resolve(rows);
}

/** What other nodes say until REPLACE. */
export function replaceSteps(merged: Merged): readonly Command[] {
  const names = merged.outputs.map(({ name }) => name);
  return [
    ...['n1', 'n3'].map((node) => ({ type: 'holdings' as const, node, holds: names, drops: [], placement })),
    { type: 'replace', merge: merged.merge, node: 'n2', placement },
  ];
}

/** A merge from its begin to REPLACE. */
export async function mergeChunks(
  shard: TestShard,
  inputs: readonly ChunkRecord[],
  outputRows = Number.MAX_SAFE_INTEGER,
): Promise<CommandResult | undefined> {
  const begun = beginMerge(shard, inputs);
  if (begun.kind !== 'lifecycle' || begun.verdict !== 'done') return begun;
  const merged = await mergedBy(shard, outputRows);
  const results = [merged, ...replaceSteps(merged)].map((step) => shard.apply(step));
  for (const { object } of inputs) shard.cold.delete(object.name);
  return results.at(-1);
}
