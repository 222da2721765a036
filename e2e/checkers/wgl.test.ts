// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHistory } from './check-history.ts';
import type { HistoryEvent, Operation } from './history.ts';
import { pairOperations } from './history.ts';
import type { Model } from './model.ts';
import { ILLEGAL } from './model.ts';
import type { Workload } from './testing/arbitrary-history.ts';
import { arbitraryHistories, linearizableHistories } from './testing/arbitrary-history.ts';
import { isLinearizableByPermutation } from './testing/brute-force.ts';
import { appendWorkload, kvWorkload, linkWorkload, registerWorkload } from './testing/workloads.ts';
import { searchLinearization } from './wgl.ts';

const LIMITS = { maxSteps: 1_000_000, maxBytes: 16 * 1024 * 1024 };

function paired<Input, Output>(events: readonly HistoryEvent<Input, Output>[]): readonly Operation<Input, Output>[] {
  const pairing = pairOperations(events);
  if (pairing.kind === 'malformed') throw new Error(pairing.message);
  return pairing.operations;
}

/** What is wrong with a claimed linearization, or an empty string. */
function faultOf<State, Input, Output>(
  order: readonly Operation<Input, Output>[],
  operations: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
): string {
  const placed = new Set(order);
  if (placed.size !== order.length) return 'an operation is placed twice';
  if (operations.some((one) => one.returnedAt !== undefined && !placed.has(one))) return 'an operation is missing';
  let state = model.init;
  for (const [index, operation] of order.entries()) {
    const isLate = order.slice(index + 1).some((later) => (later.returnedAt ?? Infinity) < operation.calledAt);
    if (isLate) return 'the order contradicts real time';
    const next = model.step(state, operation.input, operation.output);
    if (next === ILLEGAL) return `operation ${index} is illegal`;
    state = next;
  }
  return '';
}

function describeWorkload<State, Input, Output>(name: string, workload: Workload<State, Input, Output>): void {
  const { model } = workload;
  describe(`the search over ${name}`, () => {
    it('accepts every history of operations that were executed one after the other, however they overlap', () => {
      fc.assert(
        fc.property(linearizableHistories(workload, 120), (events) => {
          expect(checkHistory(events, model, LIMITS)).toEqual({ verdict: 'linearizable' });
        }),
        { numRuns: 150 },
      );
    });

    it('agrees with trying every permutation', () => {
      const seen = { linearizable: 0, wrong: 0 };
      fc.assert(
        fc.property(arbitraryHistories(workload, 7), (events) => {
          const expected = isLinearizableByPermutation(paired(events), model);
          expect(checkHistory(events, model, LIMITS).verdict === 'linearizable').toBe(expected);
          seen[expected ? 'linearizable' : 'wrong']++;
        }),
        { numRuns: 2_000 },
      );
      expect(Math.min(seen.linearizable, seen.wrong)).toBeGreaterThan(100);
    });

    it('gives a witness that respects real time and the model', () => {
      fc.assert(
        fc.property(linearizableHistories(workload, 60), (events) => {
          for (const operations of Map.groupBy(paired(events), (one) => model.partition(one.input)).values()) {
            const result = searchLinearization(operations, model, LIMITS);
            expect(result.outcome === 'linearizable' && faultOf(result.order, operations, model)).toBe('');
          }
        }),
        { numRuns: 100 },
      );
    });

    it('names the first answer that cannot be explained, and everything before it can be', () => {
      fc.assert(
        fc.property(arbitraryHistories(workload, 7), (events) => {
          const verdict = checkHistory(events, model, LIMITS);
          fc.pre(verdict.verdict === 'not linearizable');
          const { prefix, operation } = verdict.firstImpossible;
          const end = operation.returnedAt ?? 0;
          const before = paired(events.slice(0, end)).filter((one) => model.partition(one.input) === verdict.key);
          const upTo = paired(events.slice(0, end + 1)).filter((one) => model.partition(one.input) === verdict.key);
          expect(isLinearizableByPermutation(before, model)).toBe(true);
          expect(isLinearizableByPermutation(upTo, model)).toBe(false);
          const explained = new Set(prefix.map((one) => one.calledAt));
          expect(before.filter((one) => one.returnedAt !== undefined && !explained.has(one.calledAt))).toEqual([]);
        }),
        { numRuns: 200 },
      );
    });
  });
}

describeWorkload('a register', registerWorkload);
describeWorkload('key-value pairs', kvWorkload);
describeWorkload('appended values', appendWorkload);
describeWorkload('links', linkWorkload);
