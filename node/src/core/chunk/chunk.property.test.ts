// SPDX-License-Identifier: Apache-2.0
import { compareBytes } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChunkRow } from './chunk-row.ts';
import { allRows, BytesSource, buildChunk, openBytes, verifyBytes } from './testing/chunks.ts';
import { linkRows, stateRows } from './testing/state-rows.ts';

const key = fc.uint8Array({ minLength: 1, maxLength: 4 });

function inRange(rows: readonly ChunkRow[], gte: Uint8Array, lt: Uint8Array | undefined): ChunkRow[] {
  return rows.filter((row) => compareBytes(row.key, gte) >= 0 && (lt === undefined || compareBytes(row.key, lt) < 0));
}

describe('a chunk of any rows', () => {
  it('gives back every row byte by byte, and holds what it says', async () => {
    await fc.assert(
      fc.asyncProperty(stateRows, async (rows) => {
        const { bytes } = buildChunk(rows);
        expect(await allRows(await openBytes(bytes))).toEqual(rows);
        await verifyBytes(bytes);
      }),
    );
  });

  it('finds every row by its key and no other one', async () => {
    await fc.assert(
      fc.asyncProperty(stateRows, fc.array(key, { maxLength: 20 }), async (rows, others) => {
        const reader = await openBytes(buildChunk(rows).bytes);
        for (const row of rows) {
          expect(reader.mayContain(row.key)).toBe(true);
          expect(await reader.get(row.key)).toEqual(row.value);
        }
        const keys = [...others, ...rows.map((row) => row.key).toReversed()];
        const expected = keys.map((one) => rows.find((row) => compareBytes(row.key, one) === 0)?.value);
        expect(await reader.getMany(keys)).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('scans every range in both directions, up to any limit', async () => {
    const bound = fc.oneof(key, fc.nat());
    await fc.assert(
      fc.asyncProperty(stateRows, bound, bound, fc.integer({ min: 1, max: 30 }), async (rows, from, to, limit) => {
        const keyOf = (place: Uint8Array | number): Uint8Array =>
          typeof place === 'number' ? (rows[place % Math.max(1, rows.length)]?.key ?? Uint8Array.of(1)) : place;
        const reader = await openBytes(buildChunk(rows).bytes);
        for (const lt of [keyOf(to), undefined]) {
          const gte = keyOf(from);
          const expected = inRange(rows, gte, lt);
          expect(await reader.scan({ gte, lt }, { limit })).toEqual(expected.slice(0, limit));
          const backwards = expected.toReversed().slice(0, limit);
          expect(await reader.scan({ gte, lt }, { limit, reverse: true })).toEqual(backwards);
          const all: ChunkRow[] = [];
          for await (const some of reader.rows({ gte, lt })) all.push(...some);
          expect(all).toEqual(expected);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has the same bytes whenever it is made of the same rows', () => {
    fc.assert(
      fc.property(stateRows, (rows) => {
        expect(buildChunk(rows).bytes).toEqual(buildChunk(rows.map((row) => ({ ...row }))).bytes);
      }),
      { numRuns: 30 },
    );
  });

  it('takes values of links that are no link rows', async () => {
    const junk = fc
      .tuple(linkRows, fc.array(fc.uint8Array({ maxLength: 40 })))
      .map(([rows, values]) => rows.map((row, i) => ({ key: row.key, value: values[i] ?? row.value })));
    await fc.assert(
      fc.asyncProperty(junk, async (rows) => {
        const { ChunkWriter } = await import('./chunk-writer.ts');
        const { codec, smallBlocks, testOrigin } = await import('./testing/chunks.ts');
        const pieces: Uint8Array[] = [];
        const writer = new ChunkWriter({
          codec,
          origin: testOrigin,
          parameters: smallBlocks,
          describe: () => ({ revision: undefined, expiresAtMs: undefined, tombstone: false }),
          emit: (piece) => void pieces.push(piece),
        });
        for (const row of rows) writer.add(row);
        writer.finish();
        const bytes = new Uint8Array(Buffer.concat(pieces));
        const reader = await openBytes(bytes, { source: new BytesSource(bytes) });
        expect(await allRows(reader)).toEqual(rows);
        for (const row of rows) expect(await reader.get(row.key)).toEqual(row.value);
      }),
    );
  });
});
