// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { ColdSight } from './commands.ts';
import { generationKey, namespaces } from './keys.ts';
import type { Namespace } from './keys.ts';
import type { GenerationInfo, ShardState } from './shard-state.ts';
import { absorbEffect } from './state-hash.ts';
import type { StateHasher } from './state-hash.ts';
import type { StateTx } from './state-tx.ts';

/** What the commands of one entry work on. `state.timeMs` is already the entry's time. */
export interface ApplyContext {
  readonly state: ShardState;
  readonly tx: StateTx;
  readonly hasher: StateHasher;
  /** Term of the entry. */
  readonly term: number;
}

/** Every effect of a command goes through here or `deleteEffect`, so that none escapes the state hash. */
export function putEffect(context: ApplyContext, key: Uint8Array, value: Uint8Array): void {
  context.tx.put(key, value);
  absorbEffect(context.hasher, key, value);
}

export function deleteEffect(context: ApplyContext, key: Uint8Array): void {
  context.tx.delete(key);
  absorbEffect(context.hasher, key, undefined);
}

function activeGeneration(context: ApplyContext): GenerationInfo {
  return defined(context.state.generations[0], 'active generation');
}

/** A row, or undefined where no tier has one. */
export type FoundRow = { readonly value: Uint8Array | undefined } | 'lookAgain';

const nowhere: FoundRow = { value: undefined };

/**
 * The newest value of a row in any tier, tombstones included. Apply sees the hot tier by itself; of the cold tier it knows
 * what the leader saw, which counts unless a generation has been retired since (CL-I7): that one's rows were hot at the look.
 */
export function findRow(
  context: ApplyContext,
  namespace: Namespace,
  suffix: Uint8Array,
  cold: ColdSight | undefined,
): FoundRow {
  const { state, tx } = context;
  for (const { id } of state.generations) {
    const value = tx.get(generationKey(namespace, tx.scope, id, suffix));
    if (value !== undefined) return { value };
  }
  if (state.chunkSetVersion === 0) return nowhere;
  return cold !== undefined && cold.version >= state.retiredVersion ? { value: cold.prior } : 'lookAgain';
}

/** `namespace` and `suffix` name a row that is looked up by its key: it is counted. */
export function putRow(context: ApplyContext, namespace: Namespace, suffix: Uint8Array, value: Uint8Array): void {
  const { state, tx } = context;
  const active = activeGeneration(context);
  const key = generationKey(namespace, tx.scope, active.id, suffix);
  const isPoint = namespace === namespaces.link || namespace === namespaces.kv;
  const before = isPoint ? tx.get(key) : undefined;
  const added = value.length + (before === undefined ? key.length : -before.length);
  state.generations[0] = {
    ...active,
    rows: active.rows + (isPoint && before === undefined ? 1 : 0),
    bytes: Math.max(0, active.bytes + added),
    startedAtMs: active.startedAtMs === 0 ? state.timeMs : active.startedAtMs,
  };
  putEffect(context, key, value);
}

/** Removes a row: leaves `tombstone` only when an older generation or a chunk could still hold the key. */
export function removeRow(
  context: ApplyContext,
  namespace: Namespace,
  suffix: Uint8Array,
  tombstone: Uint8Array,
): void {
  const mayBeOlder = context.state.generations.length > 1 || context.state.chunkSetVersion > 0;
  if (mayBeOlder) putRow(context, namespace, suffix, tombstone);
  else deleteEffect(context, generationKey(namespace, context.tx.scope, activeGeneration(context).id, suffix));
}

/** The revision of the mutation that is being applied. */
export function nextRevision(context: ApplyContext): number {
  context.state.revision += 1;
  return context.state.revision;
}
