// SPDX-License-Identifier: Apache-2.0
import { compareBytes, utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeAtFraction, codeSpace, drawCode, inRange } from './code-space.ts';
import type { RandomBytes } from './code-space.ts';

const digits = '0123456789abcdefghijklmnopqrstuvwxyz';
const allOfTwo = [...digits].flatMap((a) => [...digits].map((b) => a + b));
/** Bounds around, between and beyond the digits, shorter and longer than a code. */
const bound = fc
  .array(fc.oneof(fc.constantFrom(...utf8('0589:AZ`abyz{')), fc.integer({ min: 0, max: 255 })), { maxLength: 4 })
  .map((bytes) => Uint8Array.from(bytes));
const range = fc.record({ start: bound, end: fc.option(bound, { nil: undefined }) });

/** The given bytes first, then those of a simple generator: a draw may be refused some times, but not for ever. */
function sequence(bytes: Uint8Array): RandomBytes {
  let at = 0;
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24;
  return { bytes: (length) => Uint8Array.from({ length }, () => bytes[at++] ?? next()) };
}

describe('the codes of a range', () => {
  it('are counted exactly, whatever the bounds', () => {
    fc.assert(
      fc.property(range, (within) => {
        const expected = allOfTwo.filter((code) => inRange(within, utf8(code)));
        const space = codeSpace(within, 2);
        expect(space.count).toBe(BigInt(expected.length));
        expect(space.small).toEqual({ first: Number(space.first), count: expected.length });
        if (expected.length > 0) expect(space.first).toBe(BigInt(allOfTwo.indexOf(expected[0] ?? '')));
      }),
      { numRuns: 500 },
    );
  });

  it('are all there is to draw', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(range, fc.integer({ min: 4, max: 64 }), bytes, (within, length, random) => {
        const space = codeSpace(within, length);
        if (space.count === 0n) return;
        const code = drawCode(space, sequence(random));
        expect(code).toMatch(new RegExp(`^[0-9a-z]{${length}}$`));
        expect(inRange(within, utf8(code))).toBe(true);
      }),
    );
  });

  it('are drawn alike: each of a small range about as often as the others', () => {
    const space = codeSpace({ start: utf8('zz0y'), end: utf8('zz14') }, 4);
    const random = sequence(new Uint8Array(0));
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const code = drawCode(space, random);
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['zz0y', 'zz0z', 'zz10', 'zz11', 'zz12', 'zz13']);
    // 1,000 expected of each; six standard deviations are 173.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(173);
  });

  it('are drawn from the first to the last, with the shortest and the longest numbers alike', () => {
    const whole = { start: new Uint8Array(0), end: undefined };
    for (const length of [4, 8, 10, 11, 64]) {
      const space = codeSpace(whole, length);
      expect(space.small === undefined).toBe(length > 10);
      expect(drawCode(space, sequence(new Uint8Array(64)))).toBe('0'.repeat(length));
    }
    // The last number below the last multiple of 36^8 in 2^53, and the first at it, which is refused.
    const fair = 2 ** 53 - (2 ** 53 % 36 ** 8);
    const bytesOf = (value: number): number[] =>
      [...Array(7).keys()].map((i) => Math.floor(value / 256 ** (6 - i)) % 256);
    const space = codeSpace(whole, 8);
    expect(drawCode(space, sequence(Uint8Array.from(bytesOf(fair - 1))))).toBe('zzzzzzzz');
    expect(drawCode(space, sequence(Uint8Array.from([...bytesOf(fair), ...bytesOf(35)])))).toBe('0000000z');
  });
});

describe('the fraction of a hash', () => {
  it('spans all codes and keeps the order of hashes', () => {
    expect(codeAtFraction(new Uint8Array(16), 8)).toBe('00000000');
    expect(codeAtFraction(new Uint8Array(16).fill(255), 8)).toBe('zzzzzzzz');
    expect(codeAtFraction(Uint8Array.of(0x80), 4)).toBe('i000');
    const hash = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(hash, hash, fc.integer({ min: 4, max: 64 }), (a, b, length) => {
        const codes = [a, b].map((one) => utf8(codeAtFraction(one, length)));
        const order = compareBytes(codes[0] ?? a, codes[1] ?? b);
        expect(order === 0 || Math.sign(order) === Math.sign(compareBytes(a, b))).toBe(true);
      }),
    );
  });
});
