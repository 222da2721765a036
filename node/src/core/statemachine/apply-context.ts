// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { generationKey } from './keys.ts';
import type { Namespace } from './keys.ts';
import type { ShardState } from './shard-state.ts';
import { absorbEffect } from './state-hash.ts';
import type { StateHasher } from './state-hash.ts';
import type { StateTx } from './state-tx.ts';

/** What the commands of one entry work on. `state.timeMs` is already the entry's time. */
export interface ApplyContext {
  readonly state: ShardState;
  readonly tx: StateTx;
  readonly hasher: StateHasher;
}

/** Every effect of a command goes through here or `deleteEffect`, so that none escapes the state hash. */
export function putEffect(context: ApplyContext, key: Uint8Array, value: Uint8Array): void {
  context.tx.put(key, value);
  absorbEffect(context.hasher, key, value);
}

function deleteEffect(context: ApplyContext, key: Uint8Array): void {
  context.tx.delete(key);
  absorbEffect(context.hasher, key, undefined);
}

function activeGeneration(context: ApplyContext): number {
  return defined(context.state.generations[0], 'active generation').id;
}

/** The newest value of a row in the hot tier, tombstones included. */
export function findRow(context: ApplyContext, namespace: Namespace, suffix: Uint8Array): Uint8Array | undefined {
  for (const { id } of context.state.generations) {
    const value = context.tx.get(generationKey(namespace, context.tx.scope, id, suffix));
    if (value !== undefined) return value;
  }
  return undefined;
}

export function putRow(context: ApplyContext, namespace: Namespace, suffix: Uint8Array, value: Uint8Array): void {
  putEffect(context, generationKey(namespace, context.tx.scope, activeGeneration(context), suffix), value);
}

/** Removes a row: leaves `tombstone` only when an older generation or a chunk could still hold the key. */
export function removeRow(
  context: ApplyContext,
  namespace: Namespace,
  suffix: Uint8Array,
  tombstone: Uint8Array,
): void {
  const key = generationKey(namespace, context.tx.scope, activeGeneration(context), suffix);
  const mayBeOlder = context.state.generations.length > 1 || context.state.chunkSetVersion > 0;
  if (mayBeOlder) putEffect(context, key, tombstone);
  else deleteEffect(context, key);
}

/** The revision of the mutation that is being applied. */
export function nextRevision(context: ApplyContext): number {
  context.state.revision += 1;
  return context.state.revision;
}
