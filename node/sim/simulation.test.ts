// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.ts';

const faultyUs = 20_000_000;

describe('a simulation', { timeout: 120_000 }, () => {
  it('is a function of its seed', async () => {
    const first = await simulate({ seed: 11, faultyUs });
    const again = await simulate({ seed: 11, faultyUs });
    const other = await simulate({ seed: 12, faultyUs });
    expect(again.traceHash).toBe(first.traceHash);
    expect(again.events).toBe(first.events);
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  it('does real work, and the system as it is violates nothing', async () => {
    const { violations, answered, faults, committedEntries } = await simulate({ seed: 5, faultyUs });
    expect(violations).toEqual([]);
    expect(answered).toBeGreaterThan(50);
    expect(committedEntries).toBeGreaterThan(50);
    expect(faults.size).toBeGreaterThan(0);
  });

  it('moves rows through the whole life of a chunk', async () => {
    const { violations, retired, chunkEvents } = await simulate({ seed: 3, faultyUs: 60_000_000 });
    expect(violations).toEqual([]);
    expect(retired).toBeGreaterThan(5);
    for (const event of [
      'digested',
      'exported',
      'readBack',
      'fetched',
      'merged',
      'mergeVerified',
      'collected',
    ] as const)
      expect(chunkEvents.get(event) ?? 0).toBeGreaterThan(0);
  });

  it('writes histories that other checkers read', async () => {
    const { history } = await simulate({ seed: 3, faultyUs: 5_000_000 });
    const [header, ...lines] = history.toJsonl('kv').trimEnd().split('\n');
    expect(JSON.parse(header ?? '')).toEqual({ history: 'kv', version: 1 });
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => line.includes('"invoke"')).length).toBeLessThan(lines.length);
  });
});
