// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { Operation } from './history.ts';
import type { Model } from './model.ts';
import { ILLEGAL } from './model.ts';

/** Why a partition is not linearizable: the furthest that any order gets, and the answer that none explains. */
export interface Contradiction<Input, Output> {
  /** The operation whose answer cannot be explained by its return. */
  readonly operation: Operation<Input, Output>;
  /** The longest linearizable prefix, in the order found. It explains every answer before the return of `operation`. */
  readonly prefix: readonly Operation<Input, Output>[];
  /** The state after each operation of `prefix`, as the model's key of it. */
  readonly states: readonly string[];
  readonly initialState: string;
  /** What was open when `operation` returned and could have been placed before it, but does not help. */
  readonly concurrent: readonly Operation<Input, Output>[];
}

/** How many operations of the prefix the text shows: what matters is near its end. */
const SHOWN_PREFIX = 12;
const SHOWN_CONCURRENT = 12;
const SHOWN_CHARACTERS = 160;

export function contradictionOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  partition: readonly Operation<Input, Output>[],
  found: { readonly prefix: readonly Operation<Input, Output>[]; readonly blocked: Operation<Input, Output> },
): Contradiction<Input, Output> {
  const placed = new Set(found.prefix);
  const returnedAt = found.blocked.returnedAt ?? Number.POSITIVE_INFINITY;
  let state = model.init;
  const states = found.prefix.map((operation) => {
    const next = model.step(state, operation.input, operation.output);
    assert(next !== ILLEGAL, 'the prefix is a legal sequential execution');
    state = next;
    return model.stateKey(state);
  });
  return {
    operation: found.blocked,
    prefix: found.prefix,
    states,
    initialState: model.stateKey(model.init),
    concurrent: partition.filter(
      (operation) => operation !== found.blocked && !placed.has(operation) && operation.calledAt < returnedAt,
    ),
  };
}

/** The contradiction as text of several lines. Events are counted from 1. */
export function formatContradiction<Input, Output>(contradiction: Contradiction<Input, Output>): string {
  const { prefix, states, concurrent, operation, initialState } = contradiction;
  const hidden = Math.max(0, prefix.length - SHOWN_PREFIX);
  const lines = [`longest linearizable prefix (${prefix.length} operations):`];
  if (hidden > 0) lines.push(`  … ${hidden} operations`);
  for (let index = hidden; index < prefix.length; index++) {
    const placed = prefix[index];
    if (placed !== undefined) lines.push(`  ${formatOperation(placed)} ⇒ state ${shorten(states[index] ?? '')}`);
  }
  lines.push(`cannot be placed: ${formatOperation(operation)}`);
  lines.push(`  in state ${shorten(states.at(-1) ?? initialState)}`);
  if (concurrent.length > 0) lines.push(`open at that time (${concurrent.length} operations), and of no help:`);
  for (const open of concurrent.slice(0, SHOWN_CONCURRENT)) lines.push(`  ${formatOperation(open)}`);
  if (concurrent.length > SHOWN_CONCURRENT) lines.push(`  … ${concurrent.length - SHOWN_CONCURRENT} operations`);
  return lines.join('\n');
}

function formatOperation(operation: Operation<unknown, unknown>): string {
  const end = operation.returnedAt === undefined ? '∞' : String(operation.returnedAt + 1);
  const output = operation.output === undefined ? 'unknown' : shorten(JSON.stringify(operation.output));
  const events = `events ${operation.calledAt + 1}–${end}`;
  return `process ${operation.process} [${events}] ${shorten(JSON.stringify(operation.input))} → ${output}`;
}

/** Keeps the end, where appended values differ. */
function shorten(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `…${text.slice(-SHOWN_CHARACTERS)}`;
}
