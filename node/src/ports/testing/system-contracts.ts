// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';

/** What every Clock promises. */
export function describeClockContract(name: string, make: () => Clock): void {
  describe(`${name} keeps the contract of Clock`, () => {
    it('has a monotonic time that never falls', () => {
      const clock = make();
      let last = clock.monotonicMs();
      for (let i = 0; i < 1000; i++) {
        const now = clock.monotonicMs();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
    });

    it('gives the wall time in milliseconds since 1970', () => {
      const now = make().nowMs();
      expect(Number.isInteger(now)).toBe(true);
      expect(now).toBeGreaterThan(Date.UTC(2020, 0, 1));
      expect(now).toBeLessThan(Date.UTC(2200, 0, 1));
    });
  });
}

/** What every Random promises. */
export function describeRandomContract(name: string, make: () => Random): void {
  describe(`${name} keeps the contract of Random`, () => {
    it('gives as many bytes as asked for, and others each time', () => {
      const random = make();
      for (const length of [0, 1, 16, 5000, 20_000]) expect(random.bytes(length)).toHaveLength(length);
      const drawn = Array.from({ length: 5000 }, () => random.bytes(8).join());
      expect(new Set(drawn).size).toBe(drawn.length);
    });

    it('hands out arrays of which none changes later', () => {
      const random = make();
      const first = random.bytes(16);
      const copy = [...first];
      for (let i = 0; i < 2000; i++) random.bytes(16);
      expect([...first]).toEqual(copy);
    });

    it('draws every integer below its bound, about equally often, and none above', () => {
      const random = make();
      const draws = 36_000;
      const counts = new Map<number, number>();
      for (let i = 0; i < draws; i++) {
        const value = random.int(36);
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 36 }, (_, i) => i));
      // Chi-squared with 35 degrees of freedom: above 100 in one run of ten million.
      const expected = draws / 36;
      const chiSquared = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
      expect(chiSquared).toBeLessThan(100);
    });

    it('takes bounds from 1 to 2^32 and no other', () => {
      const random = make();
      expect(random.int(1)).toBe(0);
      const large = Array.from({ length: 200 }, () => random.int(2 ** 32));
      expect(Math.max(...large)).toBeGreaterThan(2 ** 31);
      expect(large.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32)).toBe(true);
      for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) expect(() => random.int(bound)).toThrow(/bound/);
    });
  });
}
