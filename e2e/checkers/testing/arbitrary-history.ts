// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { assert } from '@shortlink/common/assert.ts';
import type { HistoryEvent } from '../history.ts';
import type { Model } from '../model.ts';
import { ILLEGAL } from '../model.ts';

/** A model's operations for generated histories. */
export interface Workload<State, Input, Output> {
  readonly model: Model<State, Input, Output>;
  readonly inputs: fc.Arbitrary<Input>;
  /** Answers that an implementation, right or wrong, might give to the input; with a state, the right one is among them. */
  readonly outputs: (input: Input, state?: State) => readonly Output[];
}

interface Interval {
  readonly before: number;
  readonly after: number;
  /** What the recorder gets to know, and whether an operation of unknown outcome took effect. */
  readonly fate: 'answered' | 'lost answer' | 'lost request' | 'failed';
}

const intervals: fc.Arbitrary<Interval> = fc.record({
  before: fc.integer({ min: 1, max: 40 }),
  after: fc.integer({ min: 1, max: 40 }),
  fate: fc.oneof(
    { weight: 7, arbitrary: fc.constant('answered' as const) },
    { weight: 1, arbitrary: fc.constantFrom('lost answer' as const, 'lost request' as const, 'failed' as const) },
  ),
});

/**
 * Histories that are linearizable by construction: the operations are executed one after the other by the model, and each
 * is then recorded as if it had begun somewhat before, and ended somewhat after, the moment at which it took effect.
 */
export function linearizableHistories<State, Input, Output>(
  workload: Workload<State, Input, Output>,
  maxOperations: number,
): fc.Arbitrary<HistoryEvent<Input, Output>[]> {
  const steps = fc.array(fc.tuple(workload.inputs, intervals), { minLength: 1, maxLength: maxOperations });
  return steps.map((executed) => {
    const states = new Map<string, State>();
    const timed = executed.flatMap(([input, interval], process) =>
      record(execute(workload, states, input, interval), process, interval),
    );
    return timed.toSorted((a, b) => a.at - b.at).map(({ event }) => event);
  });
}

interface TimedEvent<Input, Output> {
  readonly at: number;
  readonly event: HistoryEvent<Input, Output>;
}

function execute<State, Input, Output>(
  workload: Workload<State, Input, Output>,
  states: Map<string, State>,
  input: Input,
  interval: Interval,
): { readonly input: Input; readonly output: Output } {
  const { model } = workload;
  const key = model.partition(input);
  const state = states.get(key) ?? model.init;
  for (const output of workload.outputs(input, state)) {
    const next = model.step(state, input, output);
    if (next === ILLEGAL) continue;
    if (interval.fate !== 'lost request' && interval.fate !== 'failed') states.set(key, next);
    return { input, output };
  }
  assert(false, `an answer of ${JSON.stringify(input)} is legal in every state`);
}

function record<Input, Output>(
  executed: { readonly input: Input; readonly output: Output },
  process: number,
  interval: Interval,
): TimedEvent<Input, Output>[] {
  const effectAt = process * 10;
  const end = effectAt + interval.after;
  const call = { at: effectAt - interval.before, event: { process, type: 'invoke' as const, input: executed.input } };
  if (interval.fate === 'answered') return [call, { at: end, event: { process, type: 'ok', output: executed.output } }];
  return [call, { at: end, event: { process, type: interval.fate === 'failed' ? 'fail' : 'info' } }];
}

/** Small histories with answers drawn at random: many are wrong, and wrong in every way. */
export function arbitraryHistories<State, Input, Output>(
  workload: Workload<State, Input, Output>,
  maxOperations: number,
): fc.Arbitrary<HistoryEvent<Input, Output>[]> {
  const operation = workload.inputs.chain((input) =>
    fc.record({
      input: fc.constant(input),
      output: fc.option(fc.constantFrom(...workload.outputs(input)), { nil: undefined, freq: 2 }),
      callAt: fc.integer({ min: 0, max: 30 }),
      length: fc.integer({ min: 1, max: 12 }),
    }),
  );
  return fc.array(operation, { minLength: 1, maxLength: maxOperations }).map((operations) => {
    const timed: TimedEvent<Input, Output>[] = operations.flatMap(({ input, output, callAt, length }, process) => [
      { at: callAt, event: { process, type: 'invoke', input } },
      {
        at: callAt + length,
        event: output === undefined ? { process, type: 'info' } : { process, type: 'ok', output },
      },
    ]);
    return timed.toSorted((a, b) => a.at - b.at).map(({ event }) => event);
  });
}
