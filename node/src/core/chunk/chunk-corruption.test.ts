// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeBlock } from './blocks/decode-block.ts';
import { ChunkCorruptError } from './chunk-corrupt-error.ts';
import type { ChunkRow } from './chunk-row.ts';
import { openTail } from './chunk-source.ts';
import { FuseFilter } from './filter/fuse-filter.ts';
import { BlockIndex } from './tail/block-index.ts';
import { footerBytes } from './tail/chunk-footer.ts';
import { decodeChunkModel } from './tail/chunk-model.ts';
import { decodeChunkProperties } from './tail/chunk-properties.ts';
import type { ChunkTail } from './tail/chunk-tail.ts';
import { buildChunk, BytesSource, codec, openBytes, sortedRows, verifyBytes } from './testing/chunks.ts';
import { deadRow, kvRow, plausibleLinks, rowsOfLinks } from './testing/state-rows.ts';

const rows: readonly ChunkRow[] = sortedRows([
  ...rowsOfLinks(plausibleLinks(24)),
  deadRow('gone', 50, 1_800_000_000_000),
  ...Array.from({ length: 8 }, (_, i) => kvRow(Uint8Array.of(1, i), new Uint8Array(i * 9).fill(i), 60 + i)),
]);
const { bytes, summary } = buildChunk(rows);
let tail: ChunkTail;
beforeAll(async () => {
  tail = (await openBytes(bytes)).tail;
});

/** One byte of a copy changed. */
function flipped(original: Uint8Array, at: number, by: number): Uint8Array {
  const copy = original.slice();
  copy[at] = (copy[at] ?? 0) ^ by;
  return copy;
}

/** A part of the bytes over another part. */
function spliced(original: Uint8Array, from: number, to: number, length: number): Uint8Array {
  const copy = original.slice();
  copy.set(original.subarray(from, from + Math.min(length, original.length - to)), to);
  return copy;
}

/** The parts of the chunk by themselves. */
function section(name: 'model' | 'filter' | 'index' | 'properties'): Uint8Array {
  const { modelBytes, filterBytes, indexBytes } = summary;
  const start = bytes.length - summary.tailBytes;
  const parts = {
    model: [start, modelBytes],
    filter: [start + modelBytes, filterBytes],
    index: [start + modelBytes + filterBytes, indexBytes],
    properties: [
      start + modelBytes + filterBytes + indexBytes,
      summary.tailBytes - modelBytes - filterBytes - indexBytes - footerBytes,
    ],
  } as const;
  const [offset, length] = parts[name];
  return bytes.subarray(offset, offset + length);
}

describe('a chunk whose bytes are not what was written', () => {
  it('is whole to begin with, and has blocks of every kind', async () => {
    await expect(verifyBytes(bytes)).resolves.toBeUndefined();
    expect(tail.properties.namespaces.map((one) => one.namespace)).toEqual([0x10, 0x11, 0x12, 0x20]);
    expect(tail.index.blockCount).toBeGreaterThan(8);
  });

  it('is refused for any byte that is changed', async () => {
    for (let at = 0; at < bytes.length; at++) {
      const by = 1 << (at % 8);
      await expect(verifyBytes(flipped(bytes, at, by)), `byte ${at} changed by ${by}`).rejects.toThrow(
        ChunkCorruptError,
      );
    }
  });

  it('never answers a lookup with another value', async () => {
    const dataBytes = bytes.length - summary.tailBytes;
    for (let at = 0; at < dataBytes; at += 11) {
      const reader = await openBytes(flipped(bytes, at, 0x10));
      const answers = await Promise.allSettled(rows.map(async (row) => reader.get(row.key)));
      for (const [i, answer] of answers.entries()) {
        if (answer.status === 'fulfilled') expect(answer.value).toEqual(rows[i]?.value);
        else expect(answer.reason).toBeInstanceOf(ChunkCorruptError);
      }
      expect(answers.some((answer) => answer.status === 'rejected')).toBe(true);
    }
  });

  it('is refused wherever it is cut off', async () => {
    for (let length = 0; length < bytes.length; length += 3) {
      await expect(openBytes(bytes.subarray(0, length)), `${length} bytes`).rejects.toThrow(ChunkCorruptError);
    }
  });

  it('is refused when the source has less than it should', async () => {
    const source = new BytesSource(bytes.subarray(0, -10));
    await expect(openTail(source, { codec, chunkBytes: bytes.length })).rejects.toThrow(ChunkCorruptError);
    await expect(
      openTail(new BytesSource(bytes), { codec, chunkBytes: bytes.length, tailBytes: summary.tailBytes - 1 }),
    ).rejects.toThrow(ChunkCorruptError);
    await expect(
      openTail(new BytesSource(bytes), { codec, chunkBytes: bytes.length, tailBytes: bytes.length + 1 }),
    ).rejects.toThrow(ChunkCorruptError);
  });

  it('is refused when bytes of it, or a whole block, lie at another place', async () => {
    const place = fc.nat({ max: bytes.length - 1 });
    await fc.assert(
      fc.asyncProperty(place, place, fc.integer({ min: 1, max: 300 }), async (from, to, length) => {
        const copy = spliced(bytes, from, to, length);
        fc.pre(Buffer.compare(copy, bytes) !== 0);
        await expect(verifyBytes(copy)).rejects.toThrow(ChunkCorruptError);
      }),
      { numRuns: 300 },
    );
    const [first, second] = [tail.index.entry(0), tail.index.entry(1)];
    const swapped = spliced(bytes, second.offset, first.offset, first.storedBytes);
    await expect(verifyBytes(swapped)).rejects.toThrow(ChunkCorruptError);
  });

  it('is refused when the tail belongs to another chunk', async () => {
    const other = buildChunk(rows.slice(1));
    const mixed = new Uint8Array(bytes.length - summary.tailBytes + other.summary.tailBytes);
    mixed.set(bytes.subarray(0, bytes.length - summary.tailBytes));
    mixed.set(other.bytes.subarray(-other.summary.tailBytes), bytes.length - summary.tailBytes);
    await expect(verifyBytes(mixed)).rejects.toThrow(ChunkCorruptError);
  });
});

describe('decoders, where a checksum did not protect them', () => {
  type Decode = (bytes: Uint8Array) => unknown;

  /** Changes, cuts and splices, anywhere: a decoder may accept them or throw DecodeError. */
  function survives(original: () => Uint8Array, decode: Decode): void {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(),
        fc.constantFrom('flip' as const, 'cut' as const, 'splice' as const, 'append' as const),
        (a, by, b, how) => {
          const whole = original();
          const at = a % whole.length;
          const broken = {
            flip: () => flipped(whole, at, by),
            cut: () => whole.subarray(0, at),
            splice: () => spliced(whole, at, b % whole.length, by),
            append: () => Uint8Array.of(...whole, by),
          }[how]();
          try {
            decode(broken);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  }

  it.each(['model', 'index', 'properties', 'filter'] as const)('read a broken %s or refuse it', (name) => {
    const decoders: Record<typeof name, Decode> = {
      model: (broken) => decodeChunkModel(broken, codec),
      index: (broken) => new BlockIndex(broken),
      properties: decodeChunkProperties,
      filter: (broken) => FuseFilter.decode(broken),
    };
    survives(() => section(name), decoders[name]);
  });

  it('read broken blocks or refuse them', () => {
    for (let block = 0; block < tail.index.blockCount; block++) {
      const { offset, storedBytes, rowCount, rawBytes } = tail.index.entry(block);
      const namespace = tail.namespaceOf(block);
      const stored = bytes.subarray(offset, offset + storedBytes);
      const key = rows.find((row) => row.key[0] === namespace)?.key ?? stored;
      survives(
        () => stored,
        (broken) => {
          const decoded = decodeBlock(broken, { codec, model: tail.model, namespace, rowCount, rawBytes });
          decoded.get(key);
          return decoded.rows();
        },
      );
    }
  });
});

describe('claims of a length', () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];

  it.each([
    ['blocks of an index', () => new BlockIndex(Uint8Array.from([...huge, 0]))],
    ['URL prefixes', () => decodeChunkModel(Uint8Array.from([...huge, 0]), codec)],
    ['knots', () => decodeChunkModel(Uint8Array.from([0, ...huge, 0]), codec)],
    ['a frame', () => decodeChunkModel(Uint8Array.from([0, 0, 0, 0, 0, 1, ...huge, 0]), codec)],
    ['a filter', () => FuseFilter.decode(Uint8Array.from([16, ...huge, 0]))],
  ])('are refused before memory is taken: %s', (_, decode) => {
    const before = process.memoryUsage();
    expect(decode).toThrow(DecodeError);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16 * 1024 * 1024);
  });
});
