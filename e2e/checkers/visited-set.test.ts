// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlacedSet } from './placed-set.ts';
import { createPlacedSet, togglePlaced } from './placed-set.ts';
import { STATE_FACTOR, createVisitedSet, visit } from './visited-set.ts';

const COMPLETED = 100;
const PENDING = 40;

function placedSet(operations: Iterable<number>): PlacedSet {
  const set = createPlacedSet(COMPLETED, PENDING);
  for (const operation of operations) togglePlaced(set, operation);
  return set;
}

/** Mostly "everything up to here and a few more", as in a search. */
const operationSets = fc
  .record({
    prefix: fc.integer({ min: 0, max: COMPLETED }),
    toggled: fc.uniqueArray(fc.integer({ min: 0, max: COMPLETED + PENDING - 1 }), { maxLength: 4 }),
  })
  .map(({ prefix, toggled }) => {
    const operations = new Set(Array.from({ length: prefix }, (_, index) => index));
    for (const operation of toggled) if (!operations.delete(operation)) operations.add(operation);
    return operations;
  });

describe('the memory of configurations', () => {
  it('knows a configuration again exactly when one with as many completed and no more pending operations was there', () => {
    const small = fc.array(fc.tuple(operationSets, fc.integer({ min: 0, max: 2 })), { maxLength: 60 });
    fc.assert(
      fc.property(small, (configurations) => {
        const visited = createVisitedSet(1 << 20);
        const remembered: { readonly completed: string; readonly pending: Set<number>; readonly state: number }[] = [];
        for (const [operations, state] of configurations) {
          const completed = [...operations]
            .filter((one) => one < COMPLETED)
            .toSorted((a, b) => a - b)
            .join();
          const pending = new Set([...operations].filter((one) => one >= COMPLETED));
          const isKnown = remembered.some(
            (one) =>
              one.state === state &&
              one.completed === completed &&
              [...one.pending].every((pendingOne) => pending.has(pendingOne)),
          );
          expect(visit(visited, placedSet(operations), state)).toBe(isKnown ? 'seen' : 'new');
          remembered.push({ completed, pending, state });
        }
      }),
    );
  });

  it('tells configurations apart whose hashes are equal', () => {
    const operationsOf = [[0, 1, 2], [0, 1, 3], [], [40], [0, 40], [99]];
    const sets = operationsOf.map((operations) => ({ ...placedSet(operations), hash: 0 }));
    const visited = createVisitedSet(1 << 20);
    expect(sets.map((set) => visit(visited, set, 7))).toEqual(sets.map(() => 'new'));
    expect(sets.map((set) => visit(visited, set, 7))).toEqual(sets.map(() => 'seen'));
    // The state is mixed into the hash of the set: this set's hash makes up for the difference between states 7 and 8.
    const difference = Math.imul(8, STATE_FACTOR) ^ Math.imul(9, STATE_FACTOR);
    expect(sets.map((set) => visit(visited, { ...set, hash: difference }, 8))).toEqual(sets.map(() => 'new'));
    expect(visited.comparisons).toBeGreaterThan(sets.length * 6);
  });

  it('does not depend on the order and the detours by which a set came about', () => {
    fc.assert(
      fc.property(
        operationSets,
        fc.array(fc.integer({ min: 0, max: COMPLETED + PENDING - 1 })),
        (operations, detour) => {
          const direct = placedSet(operations);
          const roundabout = placedSet([...detour, ...[...operations].toReversed(), ...detour.toReversed()]);
          expect(roundabout).toEqual(direct);
        },
      ),
    );
  });

  it('keeps thousands of configurations apart while it grows', () => {
    const visited = createVisitedSet(1 << 22);
    const set = placedSet([]);
    const states = Array.from({ length: 5_000 }, (_, state) => state);
    expect(states.filter((state) => visit(visited, set, state) !== 'new')).toEqual([]);
    expect(states.filter((state) => visit(visited, set, state) !== 'seen')).toEqual([]);
  });

  it('stays within its limit and says when it is full', () => {
    const maxBytes = 50_000;
    const visited = createVisitedSet(maxBytes);
    const set = placedSet([]);
    let state = 0;
    while (visit(visited, set, state) === 'new') state++;
    expect(visit(visited, set, state)).toBe('full');
    expect(visited.arena.byteLength + visited.buckets.byteLength).toBeLessThanOrEqual(maxBytes);
    expect(state).toBeGreaterThan(1_000);
  });
});
