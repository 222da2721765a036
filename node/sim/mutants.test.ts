// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import type { Mutant } from './mutants.ts';
import { simulate } from './simulation.ts';

const faultyUs = 40_000_000;
const timeoutMs = 240_000;

/** The properties that the first seed with a violation finds violated; empty when none of the seeds has one. */
async function propertiesFound(mutant: Mutant, seeds: number): Promise<string[]> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await simulate({ seed, faultyUs, mutant });
    if (violations.length > 0) return violations.map(({ property }) => property);
  }
  return [];
}

describe('the simulator notices', { timeout: timeoutMs }, () => {
  it('a node that answers before it persists, within 48 seeds', async () => {
    const found = await propertiesFound(mutants['answers before persisting'], 48);
    expect(['durable log', 'durable term', 'durable vote', 'one vote a term']).toContain(found[0]);
  });

  it('a store that ignores sync, within 6 seeds', async () => {
    const found = await propertiesFound(mutants['store that ignores sync'], 6);
    expect(['durable log', 'durable term', 'durable vote', 'one vote a term']).toContain(found[0]);
  });

  it('a leader that answers before a quorum has the entry, within 12 seeds', async () => {
    const found = await propertiesFound(mutants['answers before commit'], 12);
    expect(['durability', 'linearizability']).toContain(found[0]);
  });

  it('caches of links that nobody tells of changes, within 12 seeds', async () => {
    expect(await propertiesFound(mutants['tells no cache of changes'], 12)).toContain('linearizability');
  });

  it('reads that ask nobody whether they are up to date, within 12 seeds', async () => {
    expect(await propertiesFound(mutants['reads at once'], 12)).toContain('linearizability');
  });

  it('a gateway whose retries are not known as such, within 24 seeds', async () => {
    expect(await propertiesFound(mutants['new key for each attempt'], 24)).toContain('batches');
  });
});
