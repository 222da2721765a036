// SPDX-License-Identifier: Apache-2.0
import type { Look } from './look.ts';

const mib = 2 ** 20;

/** What must not grow with the links, and by how much it may differ from one look to the next for other reasons. */
export const bounded = [
  { name: 'hot keys', of: (look: Look) => look.hotKeys, unit: 'keys', slack: 0 },
  { name: 'RocksDB tables', of: (look: Look) => look.tableBytes, unit: 'bytes', slack: 32 * mib },
  { name: 'RocksDB logs', of: (look: Look) => look.logBytes, unit: 'bytes', slack: 64 * mib },
  { name: 'memory', of: (look: Look) => look.residentBytes, unit: 'bytes', slack: 256 * mib },
  { name: 'snapshot', of: (look: Look) => look.snapshotBytes, unit: 'bytes', slack: 4 * mib },
  { name: 'restart, ready', of: (look: Look) => look.readyMs, unit: 'ms', slack: 1500 },
  { name: 'restart, redirect', of: (look: Look) => look.firstRedirectMs, unit: 'ms', slack: 1500 },
] as const;

const factor = 1.5;

export interface Verdict {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly isFlat: boolean;
}

/**
 * Flat: with all links at most half as much again as with half of them, or the slack more. What grows with the links is
 * twice as large then. `hotKeysSlack`: keys of one generation, which may be full or empty at any look.
 */
export function verdicts(looks: readonly Look[], hotKeysSlack: number): Verdict[] {
  return bounded.map(({ name, of, unit, slack }) => {
    const values = looks.map(of);
    const before = values.at(-2) ?? 0;
    const after = values.at(-1) ?? 0;
    const allowed = Math.max(before * factor, before + (name === 'hot keys' ? hotKeysSlack : slack));
    return { name, unit, values, isFlat: after <= allowed };
  });
}
