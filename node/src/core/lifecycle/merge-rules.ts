// SPDX-License-Identifier: Apache-2.0
import { compareBytes } from '@shortlink/common/bytes.ts';
import { candidateOf, runsOf, shareGenerations, shareKeys } from './chunk-set.ts';
import type { ChunkPlace } from './chunk-set.ts';
import type { Merge, Merged, Replace } from './merge-events.ts';
import { missingHolders } from './retire-rule.ts';
import { isBalanced } from './row-balance.ts';
import type { IgnoreReason } from './transitions.ts';
import type { ChunkObject, ChunkRecord, MergeRecord } from './types.ts';

// What must be true for each step of a merge, judged from the entry and the records of the shard alone.

/** The generations and the range of keys that some chunks cover together. There is at least one of them. */
export function hullOf(chunks: readonly ChunkRecord[]): ChunkPlace {
  const [first, ...rest] = chunks;
  if (first === undefined) throw new Error('no chunks');
  let { firstGeneration, lastGeneration } = first;
  let { firstKey, lastKey } = first.object;
  for (const { object, ...chunk } of rest) {
    firstGeneration = Math.min(firstGeneration, chunk.firstGeneration);
    lastGeneration = Math.max(lastGeneration, chunk.lastGeneration);
    if (compareBytes(object.firstKey, firstKey) < 0) firstKey = object.firstKey;
    if (compareBytes(object.lastKey, lastKey) > 0) lastKey = object.lastKey;
  }
  return { firstGeneration, lastGeneration, object: { firstKey, lastKey } };
}

interface MergeSurroundings {
  /** The merge that is under way. */
  readonly pending: MergeRecord | undefined;
  readonly chunkSetVersion: number;
  readonly chunks: readonly ChunkRecord[];
}

/** Why a merge must not begin; undefined: it may. */
export function mergeProblem(
  event: Merge,
  { pending, chunkSetVersion, chunks }: MergeSurroundings,
): IgnoreReason | undefined {
  if (pending !== undefined) return isSameMerge(event, pending) ? 'late' : 'busy';
  if (event.chunkSetVersion !== chunkSetVersion) return 'moved';
  const names = new Set(event.inputs);
  const inputs = chunks.filter(({ object }) => names.has(object.name));
  if (inputs.length < names.size) return 'moved';
  const hull = hullOf(inputs);
  // CL-I9: the outputs hold the generations of all inputs, and may have any key between the outermost of theirs.
  const isBetween = (chunk: ChunkRecord): boolean =>
    !names.has(chunk.object.name) && shareGenerations(chunk, hull) && shareKeys(chunk.object, hull.object);
  return chunks.some(isBetween) ? 'notContiguous' : undefined;
}

function isSameMerge(event: Merge, pending: MergeRecord): boolean {
  return event.node === pending.node && event.inputs.join('\n') === pending.inputs.join('\n');
}

/** Why the outputs are not what a merge of the inputs can make; undefined: they are. */
export function mergedProblem(
  event: Merged,
  pending: MergeRecord | undefined,
  inputs: readonly (ChunkRecord | undefined)[],
): IgnoreReason | undefined {
  if (pending?.id !== event.merge || pending.result !== undefined) return 'late';
  const there = inputs.filter((input) => input !== undefined);
  if (there.length < inputs.length) return 'moved';
  const hull = hullOf(there).object;
  const isInside = (output: ChunkObject): boolean =>
    compareBytes(hull.firstKey, output.firstKey) <= 0 && compareBytes(output.lastKey, hull.lastKey) <= 0;
  const isBehind = (output: ChunkObject, before: ChunkObject | undefined): boolean =>
    before === undefined || compareBytes(before.lastKey, output.firstKey) < 0;
  if (!event.outputs.every((output, i) => isInside(output) && isBehind(output, event.outputs[i - 1])))
    return 'outOfRange';
  const isKnown = balances(there, event.outputs, event.dropped);
  return isKnown ? undefined : 'unbalanced';
}

/** Why the outputs must not take the place of the inputs; undefined: they do. */
export function replaceProblem(
  event: Replace,
  pending: MergeRecord | undefined,
  inputs: readonly (ChunkRecord | undefined)[],
): IgnoreReason | undefined {
  if (pending?.id !== event.merge) return 'late';
  const { result } = pending;
  if (result === undefined) return 'early';
  const there = inputs.filter((input) => input !== undefined);
  if (there.length < inputs.length) return 'moved';
  const { placement, node } = event;
  // CL-I10: whoever merged does not vouch for himself, unless there is nobody else.
  if (node === pending.node && placement.nodes.length > 1) return 'sameNode';
  if (result.outputs.some(({ holders }) => missingHolders(holders, placement) > 0)) return 'tooFewHolders';
  const outputs = result.outputs.map(({ object }) => object);
  return balances(there, outputs, result.dropped) ? undefined : 'unbalanced';
}

function balances(
  inputs: readonly ChunkRecord[],
  outputs: readonly ChunkObject[],
  dropped: Merged['dropped'],
): boolean {
  return isBalanced(
    inputs.map(({ object }) => object),
    outputs,
    dropped,
  );
}

/** The members of the set that take the place of the inputs. */
export function mergedChunks(
  inputs: readonly ChunkRecord[],
  outputs: NonNullable<MergeRecord['result']>['outputs'],
  addedVersion: number,
): ChunkRecord[] {
  const { firstGeneration, lastGeneration } = hullOf(inputs);
  const deepest = Math.max(...inputs.map(({ level }) => level));
  // A single chunk that was written anew, because its object was lost, went through no merge.
  const level = inputs.length === 1 ? deepest : deepest + 1;
  return outputs.map(({ object, holders }) => ({
    object,
    firstGeneration,
    lastGeneration,
    level,
    addedVersion,
    holders,
  }));
}

/**
 * Whether no chunk that is older than all inputs can hold a key: what a tombstone in them hides is then in the inputs
 * themselves. Merges further down move rows and bring no key back, so the answer stays right when the set changes.
 */
export function nothingOlder(
  inputs: readonly ChunkRecord[],
  chunks: readonly ChunkRecord[],
): (key: Uint8Array) => boolean {
  const { firstGeneration } = hullOf(inputs);
  const older = runsOf(chunks.filter((chunk) => chunk.lastGeneration < firstGeneration));
  return (key) => older.every((run) => candidateOf(run, key) === undefined);
}
