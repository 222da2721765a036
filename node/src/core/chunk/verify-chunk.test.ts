// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { concatBytes } from '@shortlink/common/bytes.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { RowBlock } from './blocks/row-block.ts';
import { ChunkCorruptError } from './chunk-corrupt-error.ts';
import { IndexBlock } from './index-rows/index-block.ts';
import { encodeBlockIndex, type BlockIndexEntry } from './tail/block-index.ts';
import { encodeFooter, footerBytes } from './tail/chunk-footer.ts';
import { encodeChunkProperties, type ChunkProperties } from './tail/chunk-properties.ts';
import type { ChunkTail } from './tail/chunk-tail.ts';
import { buildChunk, codec, openBytes, sortedRows, verifyBytes } from './testing/chunks.ts';
import { deadRow, kvRow, linkRow, plausibleLinks, rowsOfLinks } from './testing/state-rows.ts';
import { ByteReader } from '@shortlink/common/byte-reader.ts';
import { encodeNumbers } from './bits/number-column.ts';

const mortal = plausibleLinks(12).map((link, i) => linkRow({ ...link, expiresAtMs: 1_900_000_000_000 + i }));
const { bytes, summary } = buildChunk(
  sortedRows([
    ...rowsOfLinks(plausibleLinks(20)).filter((row) => row.key[0] !== 0x10),
    ...mortal,
    deadRow('zzzzzzzz', 900, 1_800_000_000_000),
    kvRow(Uint8Array.of(1), Uint8Array.of(2), 901),
  ]),
);
let tail: ChunkTail;
beforeAll(async () => {
  tail = (await openBytes(bytes)).tail;
});

interface Lie {
  readonly properties?: (truth: ChunkProperties) => ChunkProperties;
  readonly blocks?: (truth: BlockIndexEntry[]) => BlockIndexEntry[];
}

/** The same blocks under a tail that says something else of them, with the right checksums. */
function withLie({ properties = (truth) => truth, blocks = (truth) => truth }: Lie): Uint8Array {
  const start = bytes.length - summary.tailBytes;
  const model = bytes.subarray(start, start + summary.modelBytes);
  const filter = bytes.subarray(start + summary.modelBytes, start + summary.modelBytes + summary.filterBytes);
  const entries = Array.from({ length: tail.index.blockCount }, (_, block) => ({
    ...tail.index.entry(block),
    separator: tail.index.separator(block),
  }));
  const index = encodeBlockIndex(blocks(entries), tail.index.filters);
  const encoded = encodeChunkProperties(properties(tail.properties));
  const section = (part: Uint8Array) => ({ bytes: part.length, crc: codec.crc32(part) });
  const body = concatBytes(bytes.subarray(0, start), model, filter, index, encoded);
  const parts = {
    model: section(model),
    filterBytes: filter.length,
    index: section(index),
    properties: section(encoded),
  };
  return concatBytes(body, encodeFooter({ ...parts, chunkBytes: body.length + footerBytes }, codec));
}

/** The first namespace with something else said of it. */
function first(change: Partial<ChunkProperties['namespaces'][number]>): Lie {
  return {
    properties: (truth) => ({
      ...truth,
      namespaces: truth.namespaces.map((one, i) => (i === 0 ? { ...one, ...change } : one)),
    }),
  };
}

function firstBlock(change: (truth: BlockIndexEntry) => Partial<BlockIndexEntry>): Lie {
  return { blocks: (truth) => truth.map((entry, i) => (i === 0 ? { ...entry, ...change(entry) } : entry)) };
}

describe('verifying a chunk whose checksums are right', () => {
  it('finds nothing where nothing is wrong', async () => {
    expect(withLie({})).toEqual(bytes);
    await expect(verifyBytes(bytes)).resolves.toBeUndefined();
  });

  const zeros = new Uint8Array(32);
  const lies: Record<string, Lie> = {
    'another content digest': { properties: (truth) => ({ ...truth, contentDigest: zeros }) },
    'another sum of rows': { properties: (truth) => ({ ...truth, rowSum: zeros }) },
    'other revisions': { properties: (truth) => ({ ...truth, revisions: { first: 0, last: 901 } }) },
    'no revisions': { properties: (truth) => ({ ...truth, revisions: undefined }) },
    'more rows': first({ rowCount: 14 }),
    'no tombstone': first({ tombstoneCount: 0 }),
    'other bytes of rows': first({ rawBytes: 1 }),
    'other stored bytes': first({ storedBytes: 1 }),
    'another first key': first({ firstKey: Uint8Array.of(0x10) }),
    'another last key': first({ lastKey: Uint8Array.of(0x10, 0xff) }),
    'another namespace': first({ namespace: 0x0f }),
    'no filter': first({ hasFilter: false }),
    'another number of rows in a block': firstBlock(({ rowCount }) => ({ rowCount: rowCount + 1 })),
    'other bytes of rows in a block': firstBlock(({ rawBytes }) => ({ rawBytes: rawBytes + 1 })),
    'a later expiry of a block': firstBlock(({ latestExpiryMs = 0 }) => ({ latestExpiryMs: latestExpiryMs + 1 })),
    'no expiry of a block': firstBlock(() => ({ latestExpiryMs: undefined })),
    'a separator above the first key': {
      blocks: (truth) =>
        truth.map((entry, i) =>
          i === 1 ? { ...entry, separator: concatBytes(entry.separator, Uint8Array.of(0xff)) } : entry,
        ),
    },
  };

  it.each(Object.keys(lies))('finds %s', async (name) => {
    const lie = withLie(lies[name] ?? {});
    expect(lie).not.toEqual(bytes);
    await expect(verifyBytes(lie)).rejects.toThrow(ChunkCorruptError);
  });

  it('finds that bytes before the tail are missing', async () => {
    await expect(openBytes(bytes.subarray(7))).rejects.toThrow(/is corrupt/);
  });
});

describe('a few bytes that stand for many', () => {
  it('are refused where keys repeat the key before them', () => {
    const group = new ByteWriter().bytes(new Uint8Array(8000).fill(1)).bytes(new Uint8Array(0));
    for (let i = 1; i < 16; i++) group.varint(8000).bytes(Uint8Array.of(i)).bytes(new Uint8Array(0));
    const payload = new ByteWriter().varint(group.length).raw(group.view()).finish();
    const honest = 8000 * 16 + 15;
    expect(new RowBlock(payload, { rowCount: 16, rawBytes: honest }).rows()).toHaveLength(16);
    expect(() => new RowBlock(payload, { rowCount: 16, rawBytes: honest - 1 }).rows()).toThrow(DecodeError);
  });

  it('are refused where every row of a run has a long head', () => {
    const blockWith = (headBytes: number): Uint8Array => {
      const text = new ByteWriter().bytes(new Uint8Array(headBytes).fill(1)).finish();
      const columns = [[0, 0], [2], [1], [1], [5, 6]].map(encodeNumbers);
      const writer = new ByteWriter().uint8(8).varint(1);
      for (const column of columns) writer.bytes(column);
      return writer.uint8(0).bytes(text).finish();
    };
    const read = (headBytes: number) =>
      new IndexBlock(new ByteReader(blockWith(headBytes)), 2, { codec, namespace: 0x11 });
    expect(read(256).rows()).toHaveLength(2);
    expect(() => read(257)).toThrow(DecodeError);
  });
});
