// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyTable } from './key-table.ts';

describe('a table of keys', () => {
  it('finds what a Map of their digits would', () => {
    const keys = fc.array(fc.uint8Array({ maxLength: 3, max: 3 }), { maxLength: 400 });
    fc.assert(
      fc.property(keys, keys, (added, asked) => {
        const table = new KeyTable<{ readonly key: Uint8Array; readonly place: number }>();
        const model = new Map<string, number>();
        for (const [place, key] of added.entries()) {
          expect(table.find(key)?.place).toBe(model.get(toHex(key)));
          if (model.has(toHex(key))) continue;
          table.add({ key, place });
          model.set(toHex(key), place);
        }
        for (const key of asked) expect(table.find(key)?.place).toBe(model.get(toHex(key)));
      }),
    );
  });

  it('grows with its entries', () => {
    const keyOf = (i: number): Uint8Array => Uint8Array.of(16, 0, i >>> 16, i >>> 8, i);
    const table = new KeyTable<{ readonly key: Uint8Array; readonly i: number }>();
    for (let i = 0; i < 5000; i++) table.add({ key: keyOf(i), i });
    for (let i = 0; i < 5000; i++) expect(table.find(keyOf(i))?.i).toBe(i);
    expect(table.find(keyOf(5000))).toBeUndefined();
  });
});
