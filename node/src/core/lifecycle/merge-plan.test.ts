// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runsOf } from './chunk-set.ts';
import { outputBytes, planMerge } from './merge-plan.ts';
import type { MergePolicy } from './merge-plan.ts';
import { testChunk } from './testing/chunk-records.ts';
import type { ChunkRecord } from './types.ts';

const mib = 2 ** 20;
const policy: MergePolicy = { maxCandidates: 4, targetBytes: 256 * mib };
const chunk = (generations: readonly [number, number], sizeBytes: number): ChunkRecord =>
  testChunk(generations.join('-'), generations, undefined, { sizeBytes });

interface Outcome {
  /** Bytes that merges wrote, for each byte that came in. */
  readonly amplification: number;
  /** Runs at most, before merges and after them. */
  readonly before: number;
  readonly after: number;
}

/** Generations of these sizes come one after the other, each when the merges before it are over. */
function play(sizes: readonly number[], { maxCandidates } = policy): Outcome {
  let chunks: ChunkRecord[] = [];
  let written = 0;
  let before = 0;
  let after = 0;
  for (const [i, size] of sizes.entries()) {
    chunks.push(chunk([i + 1, i + 1], size));
    before = Math.max(before, chunks.length);
    const inputs = planMerge(runsOf(chunks), { ...policy, maxCandidates });
    if (inputs.length > 0) {
      const bytes = inputs.reduce((sum, { object }) => sum + object.sizeBytes, 0);
      const first = Math.min(...inputs.map(({ firstGeneration }) => firstGeneration));
      written += bytes;
      chunks = [...chunks.filter((one) => !inputs.includes(one)), chunk([first, i + 1], bytes)];
    }
    after = Math.max(after, chunks.length);
  }
  return { amplification: written / sizes.reduce((sum, size) => sum + size, 0), before, after };
}

/** The least that can be written (binomial merging), with k runs after each merge. */
function leastAmplification(n: number, k: number): number {
  let left = n;
  let cost = 0;
  for (let depth = 0; left > 0; depth++) {
    let items = 1;
    for (let i = 1; i < k; i++) items = (items * (depth + i)) / i;
    const taken = Math.min(left, items);
    cost += taken * depth;
    left -= taken;
  }
  return cost / n;
}

describe('the policy', () => {
  it('leaves room for the next generation, and merges the newest runs as soon as there is none', () => {
    const three = [chunk([1, 1], 900), chunk([2, 2], 30), chunk([3, 3], 10)];
    expect(planMerge(runsOf(three), policy)).toEqual([]);
    const inputs = planMerge(runsOf([...three, chunk([4, 4], 10)]), policy);
    expect(inputs.map(({ object }) => object.name)).toEqual(['4-4', '3-3']);
  });

  it('takes the run behind along when the result would be too large beside it, down to the oldest', () => {
    const sizes = [10, 20, 10, 10];
    const inputs = planMerge(runsOf(sizes.map((size, i) => chunk([i + 1, i + 1], size))), policy);
    expect(inputs).toHaveLength(4);
  });

  it('keeps a key at the candidates that are asked for, at any time, and writes hardly more than must be written', () => {
    for (const [maxCandidates, count] of [
      [4, 100],
      [4, 1000],
      [5, 1000],
      [3, 300],
    ] as const) {
      const outcome = play(
        Array.from({ length: count }, () => 100),
        { ...policy, maxCandidates },
      );
      expect(outcome.before).toBeLessThanOrEqual(maxCandidates);
      expect(outcome.after).toBeLessThan(maxCandidates);
      const least = leastAmplification(count, maxCandidates - 1);
      expect(outcome.amplification / least, `${maxCandidates} candidates, ${count} generations`).toBeLessThan(1.25);
      const stated = ((k) => (k / (k + 1)) * (factorial(k) * count) ** (1 / k))(maxCandidates - 1);
      expect(outcome.amplification / stated).toBeLessThan(1.25);
    }
  });

  it('keeps them whatever the sizes are, and writes at most about twice as much as for equal ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 100_000 })), { maxLength: 300 }),
        (sizes) => {
          const outcome = play(sizes);
          expect(outcome.before).toBeLessThanOrEqual(4);
          expect(sizes.length === 0 || outcome.amplification <= 3 + 2 * leastAmplification(sizes.length, 3)).toBe(true);
        },
      ),
    );
  });

  it('merges no more chunks at once than an entry can name', () => {
    const run = (generation: number, count: number): ChunkRecord[] =>
      Array.from({ length: count }, (_, i) => {
        const key = Uint8Array.of(0x10, i >> 8, i & 0xff);
        const place = testChunk(`${generation}/${i}`, [generation, generation]);
        return { ...place, object: { ...place.object, firstKey: key, lastKey: key } };
      });
    const runs = runsOf([...run(1, 3999), ...run(2, 1), ...run(3, 2), ...run(4, 1)]);
    expect(planMerge(runs, policy)).toHaveLength(4);
    expect(planMerge(runsOf([...run(1, 1), ...run(2, 1), ...run(3, 4000), ...run(4, 1)]), policy)).toEqual([]);
  });
});

it('outputs end at the target, or later where there would be too many of them', () => {
  expect(outputBytes([chunk([1, 1], 2000 * mib)], policy)).toBe(256 * mib);
  expect(outputBytes([chunk([1, 1], 512_000 * mib)], policy)).toBe(512 * mib);
});

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
