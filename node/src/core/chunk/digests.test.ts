// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { toHex, utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChunkRow } from './chunk-row.ts';
import { ContentDigest } from './content-digest.ts';
import { RowSum } from './row-sum.ts';
import { codec } from './testing/chunks.ts';
import { plausibleLinks, rowsOfLinks, stateRows } from './testing/state-rows.ts';

function digestOf(rows: readonly ChunkRow[]): string {
  const digest = new ContentDigest(codec);
  for (const row of rows) digest.add(row);
  return toHex(digest.finish());
}

function sumOf(rows: readonly ChunkRow[]): RowSum {
  const sum = new RowSum(codec);
  for (const row of rows) sum.add(row);
  return sum;
}

const sumHex = (rows: readonly ChunkRow[]): string => toHex(sumOf(rows).value());

function sha256(...rows: readonly ChunkRow[]): string {
  const writer = new ByteWriter();
  for (const { key, value } of rows) writer.bytes(key).bytes(value);
  return createHash('sha256').update(writer.finish()).digest('hex');
}

const row = (key: string, value: string): ChunkRow => ({ key: utf8(key), value: utf8(value) });

describe('the content digest', () => {
  it('is the SHA-256 of the rows, each with its lengths', () => {
    fc.assert(
      fc.property(stateRows, (rows) => {
        expect(digestOf(rows)).toBe(sha256(...rows));
      }),
    );
  });

  it('covers rows that are longer than its buffer', () => {
    const rows = [row('a', 'x'), row('b', 'y'.repeat(200_000)), row('c', 'z'.repeat(65_530)), row('d', '')];
    expect(digestOf(rows)).toBe(sha256(...rows));
  });

  // Replicas vote on these digests: they must be the same on every machine and for ever.
  it('never changes', () => {
    expect(digestOf([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(digestOf([row('\u0010ab', 'value')])).toBe(
      'a1d51c810da6a37b30dcfcf9a4e35e9a8a8034eaa8c80218a27ae333370dad59',
    );
    expect(digestOf(rowsOfLinks(plausibleLinks(1000)))).toBe(
      'aea80ad32f89b7231fa67e41a0f003e04a10539bd4d451cd4287a5303941b81b',
    );
  });

  it('tells apart where a key ends and its value begins', () => {
    expect(digestOf([row('ab', 'c')])).not.toBe(digestOf([row('a', 'bc')]));
  });
});

describe('the sum of rows', () => {
  it('is the sum of the SHA-256 of each row', () => {
    fc.assert(
      fc.property(stateRows, (rows) => {
        const total = rows.reduce((sum, one) => (sum + BigInt(`0x${sha256(one)}`)) % 2n ** 256n, 0n);
        expect(sumHex(rows)).toBe(total.toString(16).padStart(64, '0'));
      }),
    );
  });

  it('does not depend on the order of rows, or on where they are added up', () => {
    fc.assert(
      fc.property(stateRows, fc.nat(), (rows, at) => {
        expect(sumHex(rows.toReversed())).toBe(sumHex(rows));
        const cut = at % (rows.length + 1);
        const both = sumOf(rows.slice(cut));
        both.addSum(sumOf(rows.slice(0, cut)).value());
        expect(toHex(both.value())).toBe(sumHex(rows));
      }),
    );
  });

  it('notices a row that is there twice, is missing or is another one', () => {
    const rows = [row('a', '1'), row('b', '2'), row('c', '3')];
    const others = [[...rows, row('a', '1')], rows.slice(1), [...rows.slice(1), row('a', '0')], []];
    for (const other of others) expect(sumHex(other)).not.toBe(sumHex(rows));
  });

  it('carries from lane to lane', () => {
    const sum = new RowSum(codec);
    const ones = new Uint8Array(32).fill(0xff);
    const one = new Uint8Array(32);
    one[31] = 1;
    sum.addSum(ones);
    sum.addSum(one);
    expect(toHex(sum.value())).toBe('0'.repeat(64));
    for (let i = 0; i < 5; i++) sum.addSum(ones);
    expect(toHex(sum.value())).toBe(`${'f'.repeat(63)}b`);
  });
});
