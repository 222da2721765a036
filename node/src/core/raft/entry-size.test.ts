// SPDX-License-Identifier: Apache-2.0

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countWithin, entriesSize, entrySize, payloadSize, varintSize } from './entry-size.ts';
import type { Entry } from './types.ts';

function entry(index: number, dataBytes: number, type: Entry['type'] = 'normal'): Entry {
  return { term: 1, index, type, data: new Uint8Array(dataBytes) };
}

describe('the size of an entry', () => {
  it('counts term and index always, type and data only where they are not the default', () => {
    expect(entrySize(entry(1, 0))).toBe(4);
    expect(entrySize(entry(128, 0))).toBe(5);
    expect(entrySize(entry(1, 10))).toBe(4 + 2 + 10);
    expect(entrySize(entry(1, 200))).toBe(4 + 3 + 200);
    expect(entrySize(entry(1, 0, 'confChangeV2'))).toBe(6);
  });

  it('has no payload when it is empty', () => {
    expect(payloadSize([entry(1, 0), entry(2, 7), entry(3, 0, 'confChange')])).toBe(7);
  });

  it('needs a byte more for every seven bits of a number', () => {
    expect([0, 127, 128, 16_383, 16_384, 2 ** 53 - 1].map(varintSize)).toEqual([1, 1, 2, 2, 3, 8]);
  });
});

describe('a limit in bytes', () => {
  const sizes = fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 20 });

  it('takes the longest prefix that fits, and at least one entry', () => {
    fc.assert(
      fc.property(sizes, fc.nat({ max: 3_000 }), (lengths, maxBytes) => {
        const entries = lengths.map((length, at) => entry(at + 1, length));
        const count = countWithin(entries, 0, entries.length, maxBytes);
        const sizeOf = (length: number): number => entriesSize(entries.slice(0, length));
        const fits = count === 1 || sizeOf(count) <= maxBytes;
        const isLongest = count === entries.length || sizeOf(count + 1) > maxBytes;
        expect({ some: count >= 1, fits, isLongest }).toEqual({ some: true, fits: true, isLongest: true });
      }),
    );
  });
});
