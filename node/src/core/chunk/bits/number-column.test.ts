// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeNumbers, encodeNumbers, NumberColumn, unzigzag, zigzag } from './number-column.ts';

const numbers = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 5000 }), fc.nat(), fc.maxSafeNat()), {
  maxLength: 100,
});

describe('a number column', () => {
  it('gives back what was written, as a whole and one by one', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const bytes = encodeNumbers(values);
        expect([...decodeNumbers(bytes, values.length)]).toEqual(values);
        const column = new NumberColumn(bytes, values.length);
        expect(values.map((_, i) => column.at(i))).toEqual(values);
      }),
    );
  });

  it.each([
    ['nothing', [], 0],
    // A mode and a base, and no bit for any value.
    ['a hundred times the same', Array.from({ length: 100 }, () => 77), 2],
    ['a hundred small numbers with one large one', [...Array.from({ length: 99 }, (_, i) => i % 4), 2 ** 50], 50],
    ['numbers of ten bits', Array.from({ length: 100 }, (_, i) => (i * 677) % 1024), 127],
  ])('takes little for %s', (_, values, atMost) => {
    expect(encodeNumbers(values).length).toBeLessThanOrEqual(atMost);
  });

  it('refuses bytes that are missing and bytes that are too many', () => {
    fc.assert(
      fc.property(
        numbers.filter((values) => values.length > 0),
        fc.nat(),
        (values, at) => {
          const bytes = encodeNumbers(values);
          expect(() => decodeNumbers(bytes.subarray(0, at % bytes.length), values.length)).toThrow(DecodeError);
          expect(() => decodeNumbers(Uint8Array.of(...bytes, 0), values.length)).toThrow(DecodeError);
        },
      ),
    );
  });

  it('gives numbers or a DecodeError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 200 }), (bytes, count) => {
        try {
          const values = decodeNumbers(bytes, count);
          expect(values.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});

describe('zigzag', () => {
  it('gives back the number', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), (value) => {
        expect(zigzag(value)).toBeGreaterThanOrEqual(0);
        expect(unzigzag(zigzag(value))).toBe(value);
      }),
    );
  });
});
