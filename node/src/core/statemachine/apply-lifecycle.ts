// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import type { GenerationEvent } from '../lifecycle/events.ts';
import { decodeGenerationRecord, encodeGenerationRecord } from '../lifecycle/records-codec.ts';
import { missingHolders } from '../lifecycle/retire-rule.ts';
import { stepActive, stepSealed } from '../lifecycle/transitions.ts';
import type { LifecycleFacts, Step } from '../lifecycle/transitions.ts';
import type { ChunkRecord, GenerationRecord } from '../lifecycle/types.ts';
import { deleteEffect, putEffect } from './apply-context.ts';
import type { ApplyContext } from './apply-context.ts';
import { applyMerge, holdOutputs, isMergeEvent, isOutput } from './apply-merge.ts';
import { discard, putChunk, readChunk } from './chunk-rows.ts';
import type { CommandResult, Forget, Holdings, LifecycleCommand } from './commands.ts';
import { generationRangesThrough, generationRecordKey, namespaces, objectKey } from './keys.ts';
import { newGeneration } from './shard-state.ts';
import { formatStateHash } from './state-hash.ts';
import type { GenerationInfo } from './shard-state.ts';

/** Binds the steps of a generation's life (lifecycle/transitions.ts) to the rows and the state of a shard. */
export function applyLifecycle(context: ApplyContext, command: LifecycleCommand): CommandResult {
  const hashBefore = formatStateHash(context.hasher);
  const result = applyStep(context, command);
  // Whatever has an effect changes a record.
  if (formatStateHash(context.hasher) !== hashBefore) context.state.lifecycleVersion += 1;
  return result;
}

function applyStep(context: ApplyContext, command: LifecycleCommand): CommandResult {
  if (command.type === 'holdings') return applyHoldings(context, command);
  if (command.type === 'forget') return applyForget(context, command);
  if (isMergeEvent(command)) return { kind: 'lifecycle', verdict: applyMerge(context, command) ?? 'done' };
  const step = stepGeneration(context, command);
  return { kind: 'lifecycle', verdict: step.kind === 'moved' ? 'done' : step.reason };
}

function stepGeneration(context: ApplyContext, event: GenerationEvent): Step {
  const { state } = context;
  const info = state.generations.find(({ id }) => id === event.generation);
  if (info === undefined) {
    const active = defined(state.generations[0], 'active generation');
    return { kind: 'ignored', reason: event.generation > active.id ? 'early' : 'late' };
  }
  const facts = factsOf(context, info);
  if (info.state === 'active') {
    const step = stepActive(event, facts);
    if (step.kind === 'moved') beginGeneration(context, step.record);
    return step;
  }
  // CL-I3: an announcement may come twice, and its object may have been given up between the two.
  if (event.type === 'exported' && isGarbage(context, event.object.name)) return { kind: 'ignored', reason: 'late' };
  const step = stepSealed(info.state, readRecord(context, info.id), event, facts);
  if (step.kind === 'moved') moveGeneration(context, step);
  return step;
}

function factsOf(context: ApplyContext, info: GenerationInfo): LifecycleFacts {
  const { state } = context;
  return {
    index: state.appliedIndex + 1,
    term: context.term,
    timeMs: state.timeMs,
    rows: info.rows,
    waiting: state.generations.length - 1,
    isOldest: state.generations.at(-1)?.id === info.id,
    chunkSetVersion: state.chunkSetVersion,
    voters: state.confState.voters,
    votersOutgoing: state.confState.votersOutgoing,
  };
}

function readRecord(context: ApplyContext, generation: number): GenerationRecord {
  const bytes = context.tx.get(generationRecordKey(context.tx.scope, generation));
  return decodeGenerationRecord(defined(bytes, `record of generation ${generation}`));
}

/** CL-I1: every replica switches at the same entry, so all seal the same rows. */
function beginGeneration(context: ApplyContext, record: GenerationRecord): void {
  const { state } = context;
  putRecord(context, record);
  state.generations = [
    newGeneration(record.id + 1),
    ...state.generations.map((info) => (info.id === record.id ? { ...info, state: 'sealed' as const } : info)),
  ];
}

function moveGeneration(context: ApplyContext, step: Extract<Step, { readonly kind: 'moved' }>): void {
  const { state } = context;
  const { record, to } = step;
  if (step.discarded !== undefined) discard(context, step.discarded);
  if (to === 'retired') {
    retire(context, record);
    return;
  }
  putRecord(context, record);
  state.generations = state.generations.map((info) => (info.id === record.id ? { ...info, state: to } : info));
}

/** CL-I5: the chunk joins the set, the generation leaves the hot tier and V rises in one batch; the rows are swept behind it. */
function retire(context: ApplyContext, record: GenerationRecord): void {
  const { state, tx } = context;
  const object = defined(record.object, 'object of a retired generation');
  assert(state.generations.at(-1)?.id === record.id, 'CL-I6: a generation was retired before an older one');
  state.generations = state.generations.filter(({ id }) => id !== record.id);
  state.chunkSetVersion += 1;
  state.retiredVersion = state.chunkSetVersion;
  const chunk: ChunkRecord = {
    object,
    firstGeneration: record.id,
    lastGeneration: record.id,
    level: 0,
    addedVersion: state.chunkSetVersion,
    holders: record.holders,
  };
  putChunk(context, chunk);
  deleteEffect(context, generationRecordKey(tx.scope, record.id));
  tx.droppedRanges.push(...generationRangesThrough(tx.scope, record.id));
}

function putRecord(context: ApplyContext, record: GenerationRecord): void {
  putEffect(context, generationRecordKey(context.tx.scope, record.id), encodeGenerationRecord(record));
}

/** Reports count for whatever they name that is still known; `kept` are the copies that must stay. */
function applyHoldings(context: ApplyContext, command: Holdings): CommandResult {
  const { node, placement } = command;
  for (const name of holdOutputs(context, command.holds, node)) holdObject(context, name, node);
  const kept = command.drops.filter((name) => !dropObject(context, name, command));
  assert(placement.nodes.length > 0, 'holdings without nodes');
  return { kind: 'holdings', kept };
}

function holdObject(context: ApplyContext, name: string, node: string): void {
  const chunk = readChunk(context, name);
  if (chunk !== undefined) {
    if (!chunk.holders.includes(node)) putChunk(context, { ...chunk, holders: [...chunk.holders, node] });
    return;
  }
  for (const { id, state } of context.state.generations) {
    if (state !== 'exported' && state !== 'placed') continue;
    if (readRecord(context, id).object?.name === name)
      stepGeneration(context, { type: 'holding', generation: id, object: name, node });
  }
}

/** Only a chunk's copy may go, and only while enough others remain: RETIRE and REPLACE count on those that wait for them. */
function dropObject(context: ApplyContext, name: string, { node, placement }: Holdings): boolean {
  const chunk = readChunk(context, name);
  if (chunk === undefined) return !isExported(context, name) && !isOutput(context, name);
  const holders = chunk.holders.filter((holder) => holder !== node);
  if (missingHolders(holders, placement) > 0) return false;
  if (holders.length < chunk.holders.length) putChunk(context, { ...chunk, holders });
  return true;
}

function isExported(context: ApplyContext, name: string): boolean {
  return context.state.generations.some(
    ({ id, state }) => state !== 'active' && readRecord(context, id).object?.name === name,
  );
}

function isGarbage({ tx }: ApplyContext, name: string): boolean {
  return tx.get(objectKey(namespaces.garbage, tx.scope, name)) !== undefined;
}

function applyForget(context: ApplyContext, command: Forget): CommandResult {
  for (const name of command.objects) {
    const key = objectKey(namespaces.garbage, context.tx.scope, name);
    if (context.tx.get(key) !== undefined) deleteEffect(context, key);
  }
  return { kind: 'lifecycle', verdict: 'done' };
}
