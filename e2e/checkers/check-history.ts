// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { Contradiction } from './explain.ts';
import { explainPartition } from './explain.ts';
import type { HistoryEvent, Operation } from './history.ts';
import { pairOperations } from './history.ts';
import type { Model } from './model.ts';
import type { SearchLimits } from './wgl.ts';
import { searchLinearization } from './wgl.ts';

export type Verdict<Input, Output> =
  | { readonly verdict: 'linearizable' }
  | {
      readonly verdict: 'not linearizable';
      /** The partition that cannot be explained. */
      readonly key: string;
      readonly firstImpossible: Contradiction<Input, Output>;
    }
  | { readonly verdict: 'undecided'; readonly key: string; readonly limit: 'steps' | 'memory' };

/** For each partition: about a minute of work, and memory that fits beside a test run. */
export const DEFAULT_LIMITS: SearchLimits = { maxSteps: 100_000_000, maxBytes: 512 * 1024 * 1024 };

/**
 * All partitions get a little work before any gets more: a history is often wrong in several, of which one is refuted
 * a thousand times sooner than another. Starting anew costs at most a seventh more.
 */
const FIRST_ROUND_STEPS = 10_000;
const ROUND_GROWTH = 8;

/**
 * Judges a recorded history, given in the order in which its events happened. One wrong partition makes the history wrong,
 * whatever could not be decided about others.
 * @throws InvariantError when the history is malformed: a process that has two calls open, or ends one that it never made.
 */
export function checkHistory<State, Input, Output>(
  events: readonly HistoryEvent<Input, Output>[],
  model: Model<State, Input, Output>,
  limits: SearchLimits = DEFAULT_LIMITS,
): Verdict<Input, Output> {
  const pairing = pairOperations(events);
  assert(pairing.kind === 'paired', `well-formed history: ${pairing.kind === 'malformed' ? pairing.message : ''}`);
  return checkOperations(pairing.operations, model, limits);
}

/** The same for operations that are paired already. */
export function checkOperations<State, Input, Output>(
  operations: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
  limits: SearchLimits = DEFAULT_LIMITS,
): Verdict<Input, Output> {
  let open = [...Map.groupBy(operations, (operation) => model.partition(operation.input))];
  let outOfMemory: Verdict<Input, Output> | undefined;
  for (let maxSteps = Math.min(FIRST_ROUND_STEPS, limits.maxSteps); ;) {
    const isLastRound = maxSteps === limits.maxSteps;
    const stillOpen: typeof open = [];
    for (const [key, partition] of open) {
      const result = searchLinearization(partition, model, { ...limits, maxSteps });
      if (result.outcome === 'impossible') {
        const firstImpossible = explainPartition(partition, model, limits);
        return { verdict: 'not linearizable', key, firstImpossible };
      }
      if (result.outcome === 'linearizable') continue;
      if (result.limit === 'memory') outOfMemory ??= { verdict: 'undecided', key, limit: result.limit };
      else stillOpen.push([key, partition]);
    }
    const [next] = stillOpen;
    if (next === undefined) return outOfMemory ?? { verdict: 'linearizable' };
    if (isLastRound) return { verdict: 'undecided', key: next[0], limit: 'steps' };
    open = stillOpen;
    maxSteps = Math.min(maxSteps * ROUND_GROWTH, limits.maxSteps);
  }
}
