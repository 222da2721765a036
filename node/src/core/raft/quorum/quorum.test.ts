// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jointCommittedIndex } from './joint.ts';
import { majorityCommittedIndex, majorityVoteResult } from './majority.ts';
import type { MajorityConfig } from './majority.ts';

const voters = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 9 });
const acks = fc.dictionary(fc.integer({ min: 1, max: 12 }).map(String), fc.integer({ min: 1, max: 50 }));

function lookup(known: Readonly<Record<string, number>>): { ackedIndex: (id: number) => number | undefined } {
  return { ackedIndex: (id) => known[id] };
}

function supporters(config: MajorityConfig, known: Readonly<Record<string, number>>, index: number): number {
  return config.filter((id) => (known[id] ?? 0) >= index).length;
}

describe('the committed index of a majority', () => {
  it('is acknowledged by more than half of the voters, and the next one is not', () => {
    fc.assert(
      fc.property(voters, acks, (config, known) => {
        const index = majorityCommittedIndex(config, lookup(known));
        expect(supporters(config, known, index) * 2).toBeGreaterThan(config.length);
        expect(supporters(config, known, index + 1) * 2).toBeLessThanOrEqual(config.length);
      }),
    );
  });

  it('is the smaller one of both halves in a joint configuration', () => {
    fc.assert(
      fc.property(voters, voters, acks, (incoming, outgoing, known) => {
        const halves = [incoming, outgoing].map((config) => majorityCommittedIndex(config, lookup(known)));
        expect(jointCommittedIndex({ incoming, outgoing }, lookup(known))).toBe(Math.min(...halves));
      }),
    );
  });
});

describe('the votes of a majority', () => {
  it('are won or lost only when no vote that is still missing could change that', () => {
    const votes = fc.dictionary(fc.integer({ min: 1, max: 12 }).map(String), fc.boolean());
    fc.assert(
      fc.property(voters, votes, (config, cast) => {
        const known = new Map(Object.entries(cast).map(([id, vote]) => [Number(id), vote]));
        const withMissing = (vote: boolean): ReadonlyMap<number, boolean> =>
          new Map(config.map((id) => [id, known.get(id) ?? vote]));
        const best = majorityVoteResult(config, withMissing(true));
        const worst = majorityVoteResult(config, withMissing(false));
        expect(majorityVoteResult(config, known)).toBe(best === worst ? best : 'pending');
      }),
    );
  });
});
