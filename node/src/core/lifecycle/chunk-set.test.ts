// SPDX-License-Identifier: Apache-2.0
import { InvariantError } from '@shortlink/common/assert.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidateOf, candidatesMax, runsOf } from './chunk-set.ts';
import { testChunk } from './testing/chunk-records.ts';

const key = (byte: number): Uint8Array => Uint8Array.of(byte);
const set = [
  testChunk('old-a', [1, 4], [0x10, 0x30]),
  testChunk('young', [6, 6], [0x20, 0x90]),
  testChunk('old-c', [1, 4], [0x61, 0x80]),
  testChunk('middle', [5, 5], [0x40, 0x50]),
  testChunk('old-b', [1, 4], [0x40, 0x60]),
];

describe('a chunk set', () => {
  it('is runs, the newest first, each in the order of keys', () => {
    const runs = runsOf(set);
    expect(runs.map(({ chunks }) => chunks.map(({ object }) => object.name))).toEqual([
      ['young'],
      ['middle'],
      ['old-a', 'old-b', 'old-c'],
    ]);
    expect(candidatesMax(set)).toBe(3);
    expect(candidatesMax([])).toBe(0);
  });

  it('has at most one candidate a run for a key, found from the ranges', () => {
    const [, , old] = runsOf(set);
    if (old === undefined) throw new Error('no run');
    const names = [0x0f, 0x10, 0x30, 0x31, 0x3f, 0x40, 0x61, 0x80, 0x81].map(
      (byte) => candidateOf(old, key(byte))?.object.name,
    );
    expect(names).toEqual([undefined, 'old-a', 'old-a', undefined, undefined, 'old-b', 'old-c', 'old-c', undefined]);
  });

  it('CL-I9: is refused when nobody could tell which of two rows is newer', () => {
    expect(() => runsOf([testChunk('a', [1, 3]), testChunk('b', [1, 3])])).toThrow(InvariantError);
    expect(() => runsOf([testChunk('a', [1, 3]), testChunk('b', [3, 4])])).toThrow(/CL-I9/);
    const apart = [testChunk('a', [1, 3], [0x10, 0x18]), testChunk('b', [3, 4], [0x19, 0x20])];
    expect(runsOf(apart)).toHaveLength(2);
  });

  it('counts candidates as looking at every key would', () => {
    const chunk = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.nat({ max: 10 }));
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), (ranges) => {
        const chunks = ranges.map(([from, length], i) => testChunk(`c${i}`, [i + 1, i + 1], [from, from + length]));
        const runs = runsOf(chunks);
        const counts = Array.from(
          { length: 50 },
          (_, byte) => runs.filter((run) => candidateOf(run, key(byte))).length,
        );
        expect(candidatesMax(chunks)).toBe(Math.max(...counts));
      }),
    );
  });
});
