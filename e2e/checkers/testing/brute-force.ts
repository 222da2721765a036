// SPDX-License-Identifier: Apache-2.0
import type { Operation } from '../history.ts';
import type { Model } from '../model.ts';
import { ILLEGAL } from '../model.ts';

/**
 * The definition of linearizability tried out literally, to judge the checker by: every order that respects real time of the
 * completed operations and any of the pending ones, with all partitions at once. Factorial, so for a handful of operations.
 */
export function isLinearizableByPermutation<State, Input, Output>(
  operations: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
): boolean {
  return canFinish(operations, new Map(), model);
}

function canFinish<State, Input, Output>(
  open: readonly Operation<Input, Output>[],
  states: ReadonlyMap<string, State>,
  model: Model<State, Input, Output>,
): boolean {
  if (open.every((operation) => operation.returnedAt === undefined)) return true;
  return open.some((operation) => {
    if (open.some((other) => other.returnedAt !== undefined && other.returnedAt < operation.calledAt)) return false;
    const key = model.partition(operation.input);
    const state = states.get(key) ?? model.init;
    const next = model.step(state, operation.input, operation.output);
    if (next === ILLEGAL) return false;
    const rest = open.filter((other) => other !== operation);
    return canFinish(rest, new Map(states).set(key, next), model);
  });
}
