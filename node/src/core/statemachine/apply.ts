// SPDX-License-Identifier: Apache-2.0
import { assert, InvariantError, unreachable } from '@shortlink/common/assert.ts';
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ApplyContext } from './apply-context.ts';
import { applyCreateLinks } from './apply-create-links.ts';
import { applyKvBatch, applyKvDelete, applyKvPut } from './apply-kv.ts';
import { applyLifecycle } from './apply-lifecycle.ts';
import { applyCollectExpired, applyCreateLink, applyDeleteLink, applyUpdateLink } from './apply-link.ts';
import { rowsOfCommand } from './command-rows.ts';
import type { Command, CommandResult } from './commands.ts';
import { decodeEntry } from './entry-codec.ts';
import type { EntryContent } from './entry-codec.ts';
import { dedupKeys, recall, remember, rotateEpochs } from './idempotency.ts';
import { generationKey } from './keys.ts';
import type { ShardState } from './shard-state.ts';
import { formatStateHash, openStateHash } from './state-hash.ts';
import { judgeStateHash, recordStateHash } from './state-hash-marks.ts';
import type { StateTx } from './state-tx.ts';

/** A committed entry. Empty `data`: a leader's no-op. */
export interface CommittedEntry {
  readonly index: number;
  readonly term: number;
  readonly data: Uint8Array;
}

/**
 * Applies a committed entry: a function of the state, the rows and the entry alone, so that every replica ends up alike.
 * `state` is changed in place and the effects are recorded in `tx`. One result for each command, in their order.
 * @throws InvariantError when the entry is not the next one or cannot be read: a replica must not guess.
 */
export function applyEntry(state: ShardState, entry: CommittedEntry, tx: StateTx): CommandResult[] {
  const results = entry.data.length === 0 ? [] : readAndApply(state, entry, tx);
  advanceApplied(state, entry, tx);
  return results;
}

/** Moves the applied index over an entry without commands: a no-op, or a change of the configuration. */
export function advanceApplied(state: ShardState, entry: Omit<CommittedEntry, 'data'>, tx: StateTx): void {
  const { index, term } = entry;
  assert(index === state.appliedIndex + 1, `entry ${index} cannot follow applied index ${state.appliedIndex}`);
  assert(term >= state.appliedTerm, `term ${term} of entry ${index} is below ${state.appliedTerm}`);
  state.appliedIndex = index;
  state.appliedTerm = term;
  recordStateHash(state, tx);
}

/** Some of an entry is read only while it is applied. */
function readAndApply(state: ShardState, entry: CommittedEntry, tx: StateTx): CommandResult[] {
  try {
    return applyContent(state, decodeEntry(entry.data), { tx, term: entry.term });
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new InvariantError(`entry ${entry.index} of shard ${tx.scope.shard} cannot be read by this version`, {
      cause,
    });
  }
}

function applyContent(
  state: ShardState,
  content: EntryContent,
  { tx, term }: { readonly tx: StateTx; readonly term: number },
): CommandResult[] {
  state.timeMs = Math.max(state.timeMs, content.timeMs);
  rotateEpochs(state, content.idempotencyWindowMs, tx);
  tx.prefetch(content.commands.flatMap((command) => keysOf(state, command, tx)));
  const context: ApplyContext = { state, tx, term, hasher: openStateHash(state.stateHash) };
  const results = content.commands.map((command) => applyCommand(context, command));
  state.stateHash = formatStateHash(context.hasher);
  return results;
}

function applyCommand(context: ApplyContext, command: Command): CommandResult {
  if (command.type === 'collectExpired') return applyCollectExpired(context, command);
  if (command.type === 'stateHashCheck') return { kind: 'stateHash', verdict: judgeStateHash(context.tx, command) };
  if (!('dedup' in command)) return applyLifecycle(context, command);
  const remembered = recall(context, command);
  if (remembered !== undefined) return remembered;
  const result = applyMutation(context, command);
  remember(context, command, result);
  return result;
}

function applyMutation(context: ApplyContext, command: Parameters<typeof recall>[1]): CommandResult {
  switch (command.type) {
    case 'createLink':
      return applyCreateLink(context, command);
    case 'createLinks':
      return applyCreateLinks(context, command);
    case 'updateLink':
      return applyUpdateLink(context, command);
    case 'deleteLink':
      return applyDeleteLink(context, command);
    case 'kvPut':
      return applyKvPut(context, command);
    case 'kvDelete':
      return applyKvDelete(context, command);
    case 'kvBatch':
      return applyKvBatch(context, command);
    default:
      return unreachable(command);
  }
}

/** Every row that a command may look at, for one read of the store ahead of the whole entry. */
function keysOf(state: ShardState, command: Command, tx: StateTx): Uint8Array[] {
  const inGenerations = rowsOfCommand(command).flatMap(({ namespace, suffix }) =>
    state.generations.map(({ id }) => generationKey(namespace, tx.scope, id, suffix)),
  );
  return 'dedup' in command ? [...dedupKeys(state, tx.scope, command), ...inGenerations] : inGenerations;
}
