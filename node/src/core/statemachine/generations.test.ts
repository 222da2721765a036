// SPDX-License-Identifier: Apache-2.0
import { compareBytes, concatBytes, toHex, utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hotGet, hotGetMany, hotScan } from './generations.ts';
import type { HotTier } from './generations.ts';
import { generationKey, namespaces } from './keys.ts';
import { MemoryState } from './testing/memory-state.ts';

const scope = { shard: 2, slot: 5 };
const key = fc
  .array(fc.constantFrom(0, 1, 0x61, 0xff), { minLength: 1, maxLength: 3 })
  .map((bytes) => Uint8Array.from(bytes));
const value = fc.uint8Array({ maxLength: 8 });
/** Rows of each generation, oldest first. */
const history = fc.array(fc.array(fc.tuple(key, value), { maxLength: 12 }), { minLength: 1, maxLength: 4 });

function tierOf(rows: readonly (readonly (readonly [Uint8Array, Uint8Array])[])[]): HotTier {
  const reader = new MemoryState();
  for (const [i, generation] of rows.entries()) {
    for (const [suffix, bytes] of generation) reader.put(generationKey(namespaces.kv, scope, i + 1, suffix), bytes);
  }
  const generations = rows.map((_, i) => ({ id: i + 1 }));
  return { reader, scope, generations: generations.reverse() };
}

describe('the hot tier', () => {
  it('finds the newest value of a key', () => {
    fc.assert(
      fc.property(history, key, (rows, wanted) => {
        const newest = rows.flat().findLast(([suffix]) => compareBytes(suffix, wanted) === 0)?.[1];
        const tier = tierOf(rows);
        expect(hotGet(tier, namespaces.kv, wanted)).toEqual(newest);
        expect(hotGetMany(tier, namespaces.kv, [wanted, utf8('absent'), wanted])).toEqual([newest, undefined, newest]);
      }),
    );
  });

  it('is scanned page by page in the order of keys, with the newest value of each, whatever the limits', () => {
    const paging = fc.record({
      limit: fc.integer({ min: 1, max: 5 }),
      maxBytes: fc.integer({ min: 1, max: 90 }),
      reverse: fc.boolean(),
    });
    fc.assert(
      fc.property(
        history,
        key,
        fc.option(key, { nil: undefined }),
        paging,
        (rows, from, to, { limit, maxBytes, reverse }) => {
          const model = new Map(rows.flat().map(([suffix, bytes]) => [toHex(suffix), { key: suffix, value: bytes }]));
          const expected = [...model.values()]
            .filter((row) => compareBytes(row.key, from) >= 0 && (to === undefined || compareBytes(row.key, to) < 0))
            .sort((a, b) => compareBytes(a.key, b.key) * (reverse ? -1 : 1));
          const tier = tierOf(rows);
          const seen: unknown[] = [];
          let range: { readonly gte: Uint8Array; readonly lt: Uint8Array | undefined } = { gte: from, lt: to };
          for (;;) {
            if (range.lt !== undefined && compareBytes(range.gte, range.lt) >= 0) break;
            const page = hotScan(tier, namespaces.kv, { ...range, limit, maxBytes, reverse });
            expect(page.rows.length).toBeLessThanOrEqual(limit);
            seen.push(...page.rows);
            const last = page.rows.at(-1);
            if (!page.more || last === undefined) break;
            range = reverse ? { gte: from, lt: last.key } : { gte: concatBytes(last.key, Uint8Array.of(0)), lt: to };
          }
          expect(seen).toEqual(expected);
        },
      ),
    );
  });
});
