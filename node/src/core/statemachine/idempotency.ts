// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { putEffect } from './apply-context.ts';
import type { ApplyContext } from './apply-context.ts';
import type { CommandResult } from './commands.ts';
import { answerFromDedupRow, encodeDedupRow } from './dedup-row.ts';
import type { DedupCommand } from './dedup-row.ts';
import { idempotencyKey, idempotencyRangeBefore } from './keys.ts';
import type { ShardScope } from './keys.ts';
import type { ShardState } from './shard-state.ts';
import type { StateTx } from './state-tx.ts';

/**
 * Begins a new epoch of the memory once the current one is as old as the window. Epochs carry the shard time of their start,
 * not a number of windows, so the window may change between entries. Two are live: what was written just before the
 * current one began stays until that one is a window old, so each answer is remembered for one to two windows (longer
 * where no entries come). Older epochs go by one range delete; it covers everything below, so one that a crash lost is
 * made up for by the next.
 */
export function rotateEpochs(state: ShardState, windowMs: number, tx: StateTx): void {
  const current = state.idempotencyEpochs[0];
  if (current === undefined) {
    state.idempotencyEpochs = [state.timeMs];
  } else if (state.timeMs - current >= windowMs) {
    state.idempotencyEpochs = [state.timeMs, current];
    tx.droppedRanges.push(idempotencyRangeBefore(tx.scope, current));
  }
}

/** The rows that may remember a command: at most two. */
export function dedupKeys(state: ShardState, scope: ShardScope, command: DedupCommand): Uint8Array[] {
  return state.idempotencyEpochs.map((epoch) => idempotencyKey(scope, epoch, command.dedup.key));
}

/** What a retry is answered, or undefined when the shard does not remember the command. */
export function recall(context: ApplyContext, command: DedupCommand): CommandResult | undefined {
  for (const key of dedupKeys(context.state, context.tx.scope, command)) {
    const row = context.tx.get(key);
    if (row !== undefined) return answerFromDedupRow(row, command);
  }
  return undefined;
}

/**
 * Failures are remembered too: a delayed copy of a request that was answered with a failure must not succeed later.
 * Only a redraw, or another look into the cold tier, is not an answer to anybody.
 */
export function remember(context: ApplyContext, command: DedupCommand, result: CommandResult): void {
  if (result.kind === 'redraw' || result.kind === 'lookAgain') return;
  const epoch = defined(context.state.idempotencyEpochs[0], 'current idempotency epoch');
  putEffect(context, idempotencyKey(context.tx.scope, epoch, command.dedup.key), encodeDedupRow(command, result));
}
