// SPDX-License-Identifier: Apache-2.0
import { compareBytes, toHex, utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexTombstone } from '../statemachine/index-row.ts';
import { creatorIndexSuffix, namespaces } from '../statemachine/keys.ts';
import type { ChunkRow } from './chunk-row.ts';
import { describeStateRow } from './describe-state-row.ts';
import { mergeRows, type MergeOptions, type SortedRows } from './merge-rows.ts';
import { RowSum } from './row-sum.ts';
import { codec, sortedRows } from './testing/chunks.ts';
import { deadRow, kvRow, linkRow, plausibleLinks, rowKey, stateRows } from './testing/state-rows.ts';

async function* source(rows: readonly ChunkRow[], batch = 3): SortedRows {
  for (let i = 0; i < rows.length; i += batch) {
    await Promise.resolve();
    yield rows.slice(i, i + batch);
  }
  yield [];
}

interface Merged {
  readonly rows: readonly ChunkRow[];
  readonly dropped: readonly ChunkRow[];
}

async function merge(
  sources: readonly (readonly ChunkRow[])[],
  nothingOlder: MergeOptions['nothingOlder'] = () => false,
): Promise<Merged> {
  const rows: ChunkRow[] = [];
  const dropped: ChunkRow[] = [];
  const options: MergeOptions = { describe: describeStateRow, dropped: (row) => dropped.push(row), nothingOlder };
  const inputs = sources.map((some) => source(some));
  for await (const some of mergeRows(inputs, options)) rows.push(...some);
  return { rows, dropped };
}

function sumOf(...lists: readonly (readonly ChunkRow[])[]): string {
  const sum = new RowSum(codec);
  for (const row of lists.flat()) sum.add(row);
  return toHex(sum.value());
}

const key = (name: string): Uint8Array => Uint8Array.from(name, (char) => char.charCodeAt(0));
const pair = (name: string, value: string | undefined, revision: number): ChunkRow =>
  kvRow(key(name), value === undefined ? undefined : key(value), revision);
const link = (code: string, revision: number): ChunkRow => {
  const [plain] = plausibleLinks(1);
  if (plain === undefined) throw new Error('no link');
  return linkRow({ ...plain, code, createRevision: 1, revision });
};

describe('a merge', () => {
  it('keeps the row with the highest revision, wherever it is', async () => {
    const old = [pair('a', 'a1', 1), pair('b', 'b9', 9)];
    const young = [pair('a', 'a5', 5), pair('b', 'b4', 4), pair('c', 'c6', 6)];
    expect(await merge([young, old])).toEqual({
      rows: [pair('a', 'a5', 5), pair('b', 'b9', 9), pair('c', 'c6', 6)],
      dropped: [pair('a', 'a1', 1), pair('b', 'b4', 4)],
    });
  });

  it('prefers the newest source where rows have no revision, or the same one', async () => {
    const index = rowKey(namespaces.linkByExpiry, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0x61));
    const live = { key: index, value: Uint8Array.of(1, 0, 1, 0x61) };
    const dead = { key: index, value: indexTombstone };
    expect(await merge([[dead], [live]])).toEqual({ rows: [dead], dropped: [live] });
    expect(await merge([[live], [dead]])).toEqual({ rows: [live], dropped: [dead] });
    expect((await merge([[pair('a', 'new', 3)], [pair('a', 'old', 3)]])).rows).toEqual([pair('a', 'new', 3)]);
  });

  it('drops the tombstones that have nothing left to hide, and those only', async () => {
    const index = rowKey(namespaces.linkByCreator, creatorIndexSuffix(utf8('bob'), 4));
    const rows = sortedRows([pair('a', undefined, 2), pair('b', undefined, 3), { key: index, value: indexTombstone }]);
    const asked: Uint8Array[] = [];
    const merged = await merge([rows], (one) => {
      asked.push(one);
      return one[1] !== 'b'.charCodeAt(0);
    });
    expect(merged.rows).toEqual([pair('b', undefined, 3)]);
    expect(merged.dropped).toEqual(rows.slice(0, 2));
    expect(asked).toEqual(rows.map((row) => row.key));
  });

  it('never drops the tombstone of a code', async () => {
    const dead = deadRow('gone', 7, 1_000);
    const merged = await merge([[dead], [link('gone', 3)]], () => true);
    expect(merged).toEqual({ rows: [dead], dropped: [link('gone', 3)] });
  });

  it('balances: what was read is what was written and what was dropped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stateRows, { maxLength: 5 }), fc.boolean(), async (sources, isOldest) => {
        const { rows, dropped } = await merge(sources, () => isOldest);
        expect(sumOf(rows, dropped)).toBe(sumOf(...sources));
        expect(rows).toEqual(sortedRows(rows));
        const keys = sortedRows(sources.flat()).filter(
          ({ key: one }) => !isOldest || rows.some((row) => compareBytes(row.key, one) === 0),
        );
        expect(rows.map((row) => row.key)).toEqual(keys.map((row) => row.key));
      }),
    );
  });

  it('gives nothing for nothing', async () => {
    expect(await merge([])).toEqual({ rows: [], dropped: [] });
    expect(await merge([[], []])).toEqual({ rows: [], dropped: [] });
  });

  it('refuses a source that is not sorted', async () => {
    await expect(merge([[pair('b', 'x', 1), pair('a', 'x', 2)]])).rejects.toThrow(/do not rise/);
  });

  it('closes its sources when nobody reads on', async () => {
    let closed = 0;
    async function* endless(): SortedRows {
      try {
        for (let i = 10_000; ; i++) yield [pair(String(i), 'x', 1)];
      } finally {
        closed++;
      }
    }
    const options: MergeOptions = { describe: describeStateRow, dropped: () => undefined, nothingOlder: () => false };
    for await (const rows of mergeRows([endless(), endless()], options)) {
      expect(rows.length).toBeGreaterThan(0);
      break;
    }
    expect(closed).toBe(2);
  });
});
