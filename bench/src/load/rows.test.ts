// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { rowSource } from './rows.ts';

describe('rows', () => {
  test('are the same for the same seed, and others for another', () => {
    const take = (seed: number) => Array.from({ length: 20 }, rowSource(seed));
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
  });

  test('have codes of their own and URLs as long as crawled ones', () => {
    const rows = Array.from({ length: 20_000 }, rowSource(1));
    expect(new Set(rows.map((row) => row.code)).size).toBe(rows.length);
    const lengths = rows.map((row) => row.url.length).toSorted((a, b) => a - b);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect(mean).toBeGreaterThan(70);
    expect(mean).toBeLessThan(84);
    expect(lengths[10_000]).toBeGreaterThan(60);
    expect(lengths[10_000]).toBeLessThan(74);
    expect(rows.every((row) => URL.parse(row.url)?.href === row.url && /^[0-9a-z]{8}$/.test(row.code))).toBe(true);
  });
});
