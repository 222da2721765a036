// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  assert(values.length > 0, 'there is no median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = defined(sorted[half], 'the upper middle');
  return sorted.length % 2 === 1 ? upper : (defined(sorted[half - 1], 'the lower middle') + upper) / 2;
}

/**
 * Runs every contender once a round, one after the other, so that a machine that slows down meanwhile slows all of
 * them. The order turns round each time: nobody always runs after the same neighbour.
 */
export async function interleave<T>(
  contenders: readonly (() => Promise<T>)[],
  rounds: number,
): Promise<readonly (readonly T[])[]> {
  const results: T[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const order = contenders.map((run, index) => ({ run, index }));
    if (round % 2 === 1) order.reverse();
    for (const { run, index } of order) results[index]?.push(await run());
  }
  return results;
}
