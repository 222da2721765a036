// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { runsOf } from '../lifecycle/chunk-set.ts';
import type { Merge, MergeAbandoned, Merged, MergeEvent, Replace } from '../lifecycle/merge-events.ts';
import { mergedChunks, mergedProblem, mergeProblem, replaceProblem } from '../lifecycle/merge-rules.ts';
import { decodeMergeRecord, encodeMergeRecord } from '../lifecycle/records-codec.ts';
import type { IgnoreReason } from '../lifecycle/transitions.ts';
import type { ChunkRecord, MergeOutput, MergeRecord } from '../lifecycle/types.ts';
import { deleteEffect, putEffect } from './apply-context.ts';
import type { ApplyContext } from './apply-context.ts';
import { discard, putChunk, readChunk, readChunkSet, removeChunk } from './chunk-rows.ts';
import type { LifecycleCommand } from './commands.ts';
import { mergeKey } from './keys.ts';

/** Binds the steps of a merge (lifecycle/merge-rules.ts) to the rows and the state of a shard. */
export function applyMerge(context: ApplyContext, event: MergeEvent): IgnoreReason | undefined {
  switch (event.type) {
    case 'merge':
      return begin(context, event);
    case 'merged':
      return takeResult(context, event);
    case 'replace':
      return replace(context, event);
    case 'mergeAbandoned':
      return abandon(context, event);
  }
}

export function isMergeEvent(command: LifecycleCommand): command is MergeEvent {
  return (
    command.type === 'merge' ||
    command.type === 'merged' ||
    command.type === 'replace' ||
    command.type === 'mergeAbandoned'
  );
}

function begin(context: ApplyContext, event: Merge): IgnoreReason | undefined {
  const { state } = context;
  const { chunkSetVersion, timeMs, appliedIndex } = state;
  const problem = mergeProblem(event, { pending: readMerge(context), chunkSetVersion, chunks: readChunkSet(context) });
  if (problem !== undefined) return problem;
  const { node, inputs } = event;
  const id = appliedIndex + 1;
  putMerge(context, { id, term: context.term, startedAtMs: timeMs, node, inputs, result: undefined });
  return undefined;
}

function takeResult(context: ApplyContext, event: Merged): IgnoreReason | undefined {
  const pending = readMerge(context);
  const problem = mergedProblem(event, pending, inputsOf(context, pending));
  if (problem !== undefined) return problem;
  const outputs = event.outputs.map((object) => ({ object, holders: [] }));
  const result = { outputs, dropped: event.dropped, mergedAtMs: context.state.timeMs };
  putMerge(context, { ...defined(pending, 'merge'), result });
  return undefined;
}

/** CL-I11: the outputs join the set, the inputs leave it and V rises in one batch. */
function replace(context: ApplyContext, event: Replace): IgnoreReason | undefined {
  const { state } = context;
  const pending = readMerge(context);
  const inputs = inputsOf(context, pending);
  const problem = replaceProblem(event, pending, inputs);
  if (problem !== undefined) return problem;
  const { outputs } = defined(pending?.result, 'result of a merge');
  state.chunkSetVersion += 1;
  const there = inputs.map((input) => defined(input, 'input of a merge'));
  for (const { object } of there) {
    removeChunk(context, object.name);
    discard(context, object);
  }
  for (const chunk of mergedChunks(there, outputs, state.chunkSetVersion)) putChunk(context, chunk);
  deleteEffect(context, mergeKey(context.tx.scope));
  // Asserts CL-I9.
  runsOf(readChunkSet(context));
  return undefined;
}

/** The outputs that it names are garbage; those that it was still making belong to nobody: their names say the merge. */
function abandon(context: ApplyContext, event: MergeAbandoned): IgnoreReason | undefined {
  const pending = readMerge(context);
  if (pending?.id !== event.merge) return 'late';
  for (const { object } of pending.result?.outputs ?? []) discard(context, object);
  deleteEffect(context, mergeKey(context.tx.scope));
  return undefined;
}

/** Records a holder of those names that are outputs of the merge. @returns the other names. */
export function holdOutputs(context: ApplyContext, names: readonly string[], node: string): readonly string[] {
  const pending = readMerge(context);
  if (pending?.result === undefined) return names;
  const { result } = pending;
  const held = new Set(names);
  const isNew = ({ object, holders }: MergeOutput): boolean => held.has(object.name) && !holders.includes(node);
  if (result.outputs.some(isNew)) {
    const outputs = result.outputs.map((one) => (isNew(one) ? { ...one, holders: [...one.holders, node] } : one));
    putMerge(context, { ...pending, result: { ...result, outputs } });
  }
  return names.filter((name) => !hasOutput(pending, name));
}

export function isOutput(context: ApplyContext, name: string): boolean {
  const pending = readMerge(context);
  return pending !== undefined && hasOutput(pending, name);
}

function hasOutput({ result }: MergeRecord, name: string): boolean {
  return result?.outputs.some(({ object }) => object.name === name) === true;
}

function inputsOf(context: ApplyContext, pending: MergeRecord | undefined): (ChunkRecord | undefined)[] {
  return (pending?.inputs ?? []).map((name) => readChunk(context, name));
}

function readMerge({ tx }: ApplyContext): MergeRecord | undefined {
  const bytes = tx.get(mergeKey(tx.scope));
  return bytes === undefined ? undefined : decodeMergeRecord(bytes);
}

function putMerge(context: ApplyContext, record: MergeRecord): void {
  putEffect(context, mergeKey(context.tx.scope), encodeMergeRecord(record));
}
