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
  if (!knowsColdTier(state, cold)) return 'lookAgain';
  return cold === undefined ? nowhere : { value: cold.prior };
}

/** Whether what the leader saw of the cold tier still counts, or there is nothing to see. */
export function knowsColdTier(state: ShardState, cold: ColdSight | undefined): boolean {
  return state.chunkSetVersion === 0 || (cold !== undefined && cold.version >= state.retiredVersion);
}

/** `namespace` and `suffix` name a row that is looked up by its key: it is counted. */
export function putRow(context: ApplyContext, namespace: Namespace, suffix: Uint8Array, value: Uint8Array): void {
  const { tx } = context;
  const key = generationKey(namespace, tx.scope, activeGeneration(context).id, suffix);
  const isPoint = isPointNamespace(namespace);
  const before = isPoint ? tx.get(key) : undefined;
  const bytes = value.length + (before === undefined ? key.length : -before.length);
  countRows(context, isPoint && before === undefined ? 1 : 0, bytes);
  putEffect(context, key, value);
}

function isPointNamespace(namespace: Namespace): boolean {
  return namespace === namespaces.link || namespace === namespaces.kv;
}

function countRows({ state }: ApplyContext, rows: number, bytes: number): void {
  const active = defined(state.generations[0], 'active generation');
  state.generations[0] = {
    ...active,
    rows: active.rows + rows,
    bytes: Math.max(0, active.bytes + bytes),
    startedAtMs: active.startedAtMs === 0 ? state.timeMs : active.startedAtMs,
  };
}

/** As `putRow` for many rows whose keys are known to be new: they are counted together. */
export class NewRows {
  readonly #context: ApplyContext;
  readonly #generation: number;
  #rows = 0;
  #bytes = 0;

  constructor(context: ApplyContext) {
    this.#context = context;
    this.#generation = activeGeneration(context).id;
  }

  put(namespace: Namespace, suffix: Uint8Array, value: Uint8Array): void {
    const { tx, hasher } = this.#context;
    const key = generationKey(namespace, tx.scope, this.#generation, suffix);
    this.#bytes += key.length + value.length;
    absorbEffect(hasher, key, value);
    if (!isPointNamespace(namespace)) return tx.append(key, value);
    this.#rows++;
    tx.put(key, value);
  }

  /** To be called once, after the last `put`. */
  count(): void {
    if (this.#bytes > 0) countRows(this.#context, this.#rows, this.#bytes);
  }
}

/** Removes a row: leaves `tombstone` only when an older generation or a chunk could still hold the key. */
export function removeRow(
  context: ApplyContext,
  namespace: Namespace,
  suffix: Uint8Array,
  tombstone: Uint8Array,
): void {
  const mayBeOlder = context.state.generations.length > 1 || context.state.chunkSetVersion > 0;
  if (mayBeOlder) return putRow(context, namespace, suffix, tombstone);
  const key = generationKey(namespace, context.tx.scope, activeGeneration(context).id, suffix);
  if (isPointNamespace(namespace)) uncount(context, key);
  deleteEffect(context, key);
}

/** A generation without rows must not be sealed: there would be nothing to export. */
function uncount(context: ApplyContext, key: Uint8Array): void {
  const active = activeGeneration(context);
  const before = context.tx.get(key);
  if (before === undefined) return;
  const rows = active.rows - 1;
  const bytes = Math.max(0, active.bytes - key.length - before.length);
  context.state.generations[0] = { ...active, rows, bytes, startedAtMs: rows === 0 ? 0 : active.startedAtMs };
}

/** The revision of the mutation that is being applied. */
export function nextRevision(context: ApplyContext): number {
  context.state.revision += 1;
  return context.state.revision;
}
