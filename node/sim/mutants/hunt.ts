// SPDX-License-Identifier: Apache-2.0
import { simulate } from '../simulation.ts';
import type { Mutant } from './mutant.ts';

/** Simulated time with faults, of each seed. */
const faultyUs = 40_000_000;

export interface Catch {
  readonly seed: number;
  readonly property: string;
  readonly message: string;
}

/** What the first seed with a violation finds first; undefined when none of the mutant's seeds has one. */
export async function hunt({ mutation, seeds }: Mutant): Promise<Catch | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const [violation] = (await simulate({ seed, faultyUs, mutation })).violations;
    if (violation !== undefined) return { seed, ...violation };
  }
  return undefined;
}
