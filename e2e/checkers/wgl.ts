// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { Operation } from './history.ts';
import type { Model } from './model.ts';
import { ILLEGAL } from './model.ts';
import { isOutOfReach } from './look-ahead.ts';
import type { OpenList } from './open-list.ts';
import { NONE, createOpenList, firstToReturn, nextCandidate, putBack, take } from './open-list.ts';
import type { PlacedSet } from './placed-set.ts';
import { createPlacedSet, isPendingPlaced, togglePlaced } from './placed-set.ts';
import type { StateTable } from './state-table.ts';
import { createStateTable, stateId, stateOf } from './state-table.ts';
import type { VisitedSet } from './visited-set.ts';
import { createVisitedSet, visit } from './visited-set.ts';

export interface SearchLimits {
  /** Operations tried plus remembered configurations compared. */
  readonly maxSteps: number;
  /** For the remembered configurations and states. */
  readonly maxBytes: number;
}

export type SearchResult<Input, Output> =
  /** `order` is a witness: executed one after the other, the operations give the recorded outputs. */
  | { readonly outcome: 'linearizable'; readonly order: readonly Operation<Input, Output>[] }
  | { readonly outcome: 'impossible' }
  | { readonly outcome: 'limit'; readonly limit: 'steps' | 'memory' };

interface Frame {
  readonly operation: number;
  /** The state and the deadline before the operation was placed. */
  readonly state: number;
  readonly deadline: number;
  /** The operation changes nothing, so no other choice in its place can do better. */
  readonly forced: boolean;
}

interface Search<State, Input, Output> {
  readonly model: Model<State, Input, Output>;
  readonly limits: SearchLimits;
  readonly operations: readonly Operation<Input, Output>[];
  /** For each pending operation the one before it with the same input, or `NONE`. */
  readonly twins: readonly number[];
  readonly open: OpenList;
  readonly placed: PlacedSet;
  readonly visited: VisitedSet;
  readonly states: StateTable<State>;
  readonly stack: Frame[];
  state: number;
  deadline: number;
  steps: number;
}

/**
 * Looks for a sequential order of the operations of one partition that respects real time and the model: Wing & Gong's
 * depth-first search with Lowe's memory of configurations, without recursion.
 *
 * Besides the model's look-ahead, four facts keep it small: a configuration is worthless when one with fewer pending
 * operations used up is known (see `visit`); a pending operation is wasted when the next one overwrites what it did; of
 * pending operations with the same input the oldest may always go first; and a read that fits can be placed at once.
 * No cut loses a linearization: of the shortest ways to finish, the one that uses up pending operations last survives.
 */
export function searchLinearization<State, Input, Output>(
  operations: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
  limits: SearchLimits,
): SearchResult<Input, Output> {
  const search = startSearch(operations, model, limits);
  let tried = NONE;
  while (search.deadline !== NONE) {
    search.steps++;
    if (search.steps + search.visited.comparisons > limits.maxSteps) return { outcome: 'limit', limit: 'steps' };
    const candidate = nextCandidate(search.open, tried, search.deadline);
    const result = candidate === NONE ? 'hopeless' : tryToPlace(search, candidate);
    if (result === 'full') return { outcome: 'limit', limit: 'memory' };
    if (result === 'hopeless') {
      tried = backtrack(search);
      if (tried === NONE) return { outcome: 'impossible' };
    } else {
      tried = result === 'placed' ? NONE : candidate;
    }
  }
  return { outcome: 'linearizable', order: search.stack.map((frame) => operationAt(search, frame.operation)) };
}

function startSearch<State, Input, Output>(
  all: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
  limits: SearchLimits,
): Search<State, Input, Output> {
  const inOrder = all.toSorted((a, b) => a.calledAt - b.calledAt);
  const completed = inOrder.filter((operation) => operation.returnedAt !== undefined);
  // A pending operation that cannot change anything explains nothing: it is as if it never happened.
  const pending = inOrder.filter(
    (operation) => operation.returnedAt === undefined && !model.readOnly(operation.input, undefined),
  );
  const operations = [...completed, ...pending];
  const open = createOpenList(operations, completed.length);
  const states = createStateTable<State>();
  return {
    model,
    limits,
    operations,
    twins: findTwins(operations, completed.length),
    open,
    placed: createPlacedSet(completed.length, pending.length),
    visited: createVisitedSet(limits.maxBytes),
    states,
    stack: [],
    state: stateId(states, model, model.init),
    deadline: firstToReturn(open),
    steps: 0,
  };
}

function findTwins(operations: readonly Operation<unknown, unknown>[], completedCount: number): number[] {
  const lastByInput = new Map<string, number>();
  return operations.map((operation, index) => {
    if (index < completedCount) return NONE;
    const input = JSON.stringify(operation.input);
    const twin = lastByInput.get(input) ?? NONE;
    lastByInput.set(input, index);
    return twin;
  });
}

/**
 * 'illegal' when the operation does not fit or gains nothing here; 'hopeless' when, moreover, the configuration that the
 * search is in cannot succeed; 'full' when the memory limit is reached.
 */
function tryToPlace<State, Input, Output>(
  search: Search<State, Input, Output>,
  candidate: number,
): 'placed' | 'illegal' | 'hopeless' | 'full' {
  const { input, output } = operationAt(search, candidate);
  const isPending = candidate >= search.open.completedCount;
  if (isPending && !isTwinPlaced(search, candidate)) return 'illegal';
  const state = search.model.step(stateOf(search.states, search.state), input, output);
  if (state === ILLEGAL) return 'illegal';
  const id = stateId(search.states, search.model, state);
  // Kept for later, a pending operation can do everything that it could have done after being used up for nothing.
  if (isPending && id === search.state) return 'illegal';
  if (isLastPendingWasted(search, candidate, id)) return 'illegal';
  const forced = !isPending && search.model.readOnly(input, output);
  togglePlaced(search.placed, candidate);
  take(search.open, candidate);
  const memory = isDeadEnd(search, state) ? 'seen' : remember(search, id);
  if (memory !== 'new') {
    putBack(search.open, candidate);
    togglePlaced(search.placed, candidate);
    if (memory === 'full') return 'full';
    return forced ? 'hopeless' : 'illegal';
  }
  search.stack.push({ operation: candidate, state: search.state, deadline: search.deadline, forced });
  search.state = id;
  search.deadline = firstToReturn(search.open);
  return 'placed';
}

function isTwinPlaced<State, Input, Output>(search: Search<State, Input, Output>, candidate: number): boolean {
  const twin = defined(search.twins[candidate], 'twin');
  return twin === NONE || isPendingPlaced(search.placed, twin);
}

/**
 * True when the operation leads to the same state without the pending one that was placed just before it. Keeping that one
 * is at least as good, and the search tries it too; otherwise it would try every sequence of lost writes.
 */
function isLastPendingWasted<State, Input, Output>(
  search: Search<State, Input, Output>,
  candidate: number,
  id: number,
): boolean {
  const last = search.stack.at(-1);
  if (last === undefined || last.operation < search.open.completedCount) return false;
  const { input, output } = operationAt(search, candidate);
  const state = search.model.step(stateOf(search.states, last.state), input, output);
  return state !== ILLEGAL && stateId(search.states, search.model, state) === id;
}

function isDeadEnd<State, Input, Output>(search: Search<State, Input, Output>, state: State): boolean {
  const { lookAhead } = search.model;
  return lookAhead !== undefined && isOutOfReach(state, search.open, search.operations, lookAhead);
}

function remember<State, Input, Output>(search: Search<State, Input, Output>, id: number): 'new' | 'seen' | 'full' {
  if (search.states.keyBytes > search.limits.maxBytes - search.visited.arena.byteLength) return 'full';
  return visit(search.visited, search.placed, id);
}

/** Returns to the last place with another choice left and says which operation was tried there; `NONE` when there is none. */
function backtrack<State, Input, Output>(search: Search<State, Input, Output>): number {
  for (;;) {
    const frame = search.stack.pop();
    if (frame === undefined) return NONE;
    putBack(search.open, frame.operation);
    togglePlaced(search.placed, frame.operation);
    search.state = frame.state;
    search.deadline = frame.deadline;
    if (!frame.forced) return frame.operation;
  }
}

function operationAt<State, Input, Output>(
  search: Search<State, Input, Output>,
  index: number,
): Operation<Input, Output> {
  return defined(search.operations[index], `operation ${index}`);
}
