// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import type { Operation } from './history.ts';
import type { Model } from './model.ts';
import { ILLEGAL } from './model.ts';
import type { SearchLimits } from './wgl.ts';
import { searchLinearization } from './wgl.ts';

/**
 * Why a partition is not linearizable: the history up to the return of `operation` is not, while the history before that
 * return is (unless finding that out took more than the limits allow; then `prefix` ends earlier).
 */
export interface Contradiction<Input, Output> {
  /** The operation whose answer cannot be explained by its return. */
  readonly operation: Operation<Input, Output>;
  /** A linearization of the longest linearizable prefix. Answers that came later were not asked of it. */
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

/**
 * Explains a partition that is known not to be linearizable. Prefixes of a linearizable history are linearizable, so the
 * first return that cannot be explained is found by bisection.
 */
export function explainPartition<State, Input, Output>(
  partition: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
  limits: SearchLimits,
): Contradiction<Input, Output> {
  const answered = partition
    .filter((operation) => operation.returnedAt !== undefined)
    .toSorted((a, b) => returnOf(a) - returnOf(b));
  let order: readonly Operation<Input, Output>[] = [];
  let good = 0;
  let bad = answered.length;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    const end = returnOf(defined(answered[middle], 'operation in the middle'));
    const result = searchLinearization(cutBefore(partition, end), model, limits);
    if (result.outcome === 'limit') break;
    if (result.outcome === 'impossible') bad = middle;
    else [good, order] = [middle, result.order];
  }
  return contradictionOf(model, partition, order, defined(answered[bad - 1], 'operation without explanation'));
}

function returnOf(operation: Operation<unknown, unknown>): number {
  return operation.returnedAt ?? Number.POSITIVE_INFINITY;
}

/** The history before an event: what has not returned by then has an unknown outcome. */
function cutBefore<Input, Output>(
  partition: readonly Operation<Input, Output>[],
  end: number,
): readonly Operation<Input, Output>[] {
  return partition
    .filter((operation) => operation.calledAt < end)
    .map((operation) =>
      returnOf(operation) < end ? operation : { ...operation, output: undefined, returnedAt: undefined },
    );
}

function contradictionOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  partition: readonly Operation<Input, Output>[],
  order: readonly Operation<Input, Output>[],
  blocked: Operation<Input, Output>,
): Contradiction<Input, Output> {
  let state = model.init;
  const states = order.map((operation) => {
    const next = model.step(state, operation.input, operation.output);
    assert(next !== ILLEGAL, 'the prefix is a legal sequential execution');
    state = next;
    return model.stateKey(state);
  });
  const byCall = new Map(partition.map((operation) => [operation.calledAt, operation]));
  const prefix = order.map((operation) => defined(byCall.get(operation.calledAt), 'operation of the prefix'));
  const placed = new Set(prefix);
  return {
    operation: blocked,
    prefix,
    states,
    initialState: model.stateKey(model.init),
    concurrent: partition.filter(
      (operation) => operation !== blocked && !placed.has(operation) && operation.calledAt < returnOf(blocked),
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
