// SPDX-License-Identifier: Apache-2.0
import { InvariantError } from '@shortlink/common/assert.ts';
import { equalBytes } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import type { Block } from './blocks/block.ts';
import { defaultChunkParameters } from './chunk-parameters.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { describeStateRow } from './describe-state-row.ts';
import {
  allRows,
  buildChunk,
  BytesSource,
  codec,
  openBytes,
  smallBlocks,
  testOrigin,
  verifyBytes,
} from './testing/chunks.ts';
import { deadRow, kvRow, linkRow, plausibleLinks, rowsOfLinks } from './testing/state-rows.ts';

const links = plausibleLinks(4000);
const rows = rowsOfLinks(links);
// A sample of a part of the links, so that the rest meets what it did not teach.
const parameters = { ...defaultChunkParameters, sampleBytes: 150_000 };
const { bytes, pieces, summary } = buildChunk(rows, parameters);

function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
}

describe('a chunk of many links', () => {
  it('gives back every row, and is what it says', async () => {
    expect(await allRows(await openBytes(bytes))).toEqual(rows);
    await verifyBytes(bytes);
  });

  it('learned from its first links', async () => {
    const { links: model } = (await openBytes(bytes)).tail.model;
    expect(model.dictionary?.length).toBeGreaterThan(1000);
    expect(model.timeline.count).toBeGreaterThan(50);
    expect(model.creators.count).toBe(50);
    expect(model.prefixes.list.map((prefix) => Buffer.from(prefix).toString())).toEqual([
      'https://example.com/articles/',
    ]);
  });

  it('counts its rows by namespace', () => {
    const [byCode, byCreator, byExpiry] = summary.properties.namespaces;
    expect(byCode).toMatchObject({ namespace: 0x10, rowCount: 4000, tombstoneCount: 0, hasFilter: true });
    expect(byCreator).toMatchObject({ namespace: 0x11, rowCount: 4000, hasFilter: false });
    expect(byExpiry?.rowCount).toBe(links.filter((link) => link.expiresAtMs !== undefined).length);
    const last = Math.max(...links.map((link) => link.revision));
    expect(summary.properties.revisions).toEqual({ first: 1, last });
  });
});

describe('reading a chunk', () => {
  it('opens with one read, finds with one more of at most 32 KiB, and needs none for most absent keys', async () => {
    const source = new BytesSource(bytes);
    const reader = await openBytes(bytes, { source, tailBytes: summary.tailBytes });
    expect(source.reads).toEqual([{ offset: bytes.length - summary.tailBytes, length: summary.tailBytes }]);
    for (const link of links.slice(0, 50)) {
      source.reads.length = 0;
      expect(await reader.get(linkRow(link).key)).toEqual(linkRow(link).value);
      expect(source.reads).toHaveLength(1);
      expect(source.reads[0]?.length).toBeLessThanOrEqual(32 * 1024);
    }
    source.reads.length = 0;
    for (let i = 0; i < 1000; i++) {
      expect(await reader.get(deadRow(`absent${i}`, 1, 1).key)).toBeUndefined();
    }
    expect(source.reads.length).toBeLessThan(20);
  });

  it('finds the length of its tail with one read more', async () => {
    const source = new BytesSource(bytes);
    await openBytes(bytes, { source });
    expect(source.reads).toHaveLength(2);
  });

  it('reads no block twice for many keys, and far ahead for all rows', async () => {
    const source = new BytesSource(bytes);
    const reader = await openBytes(bytes, { source });
    source.reads.length = 0;
    const keys = rows.slice(0, 1500).map((row) => row.key);
    expect(await reader.getMany(keys)).toEqual(rows.slice(0, 1500).map((row) => row.value));
    expect(new Set(source.reads.map((read) => read.offset)).size).toBe(source.reads.length);
    source.reads.length = 0;
    await allRows(reader);
    expect(source.reads).toHaveLength(1);
  });

  it('asks the hook for every block of lookups and pages', async () => {
    const kept = new Map<number, Block>();
    const source = new BytesSource(bytes);
    const loadBlock = async (block: number, read: () => Promise<Block>): Promise<Block> => {
      const found = kept.get(block) ?? (await read());
      kept.set(block, found);
      return found;
    };
    const reader = await openBytes(bytes, { source, loadBlock });
    source.reads.length = 0;
    for (let round = 0; round < 3; round++) {
      expect(await reader.scan({ gte: Uint8Array.of(0x10) }, { limit: 1000 })).toEqual(rows.slice(0, 1000));
      expect(await reader.get(rows[500]?.key ?? Uint8Array.of(0))).toEqual(rows[500]?.value);
    }
    expect(source.reads).toHaveLength(kept.size);
    expect([...kept.values()].every((block) => block.memoryBytes > 0 && block.rowCount > 0)).toBe(true);
  });
});

describe('writing a chunk', () => {
  it('passes on what is finished while rows come, and holds back no more than the sample and a block', () => {
    let emitted = 0;
    let given = 0;
    const emit = (piece: Uint8Array): void => void (emitted += piece.length);
    const writer = new ChunkWriter({
      codec,
      origin: testOrigin,
      describe: describeStateRow,
      emit,
      parameters: smallBlocks,
    });
    let waiting = 0;
    let flushed = 0;
    for (const row of rows) {
      writer.add(row);
      given += row.key.length + row.value.length;
      waiting += row.key.length + row.value.length;
      if (emitted > flushed) waiting = 0;
      flushed = emitted;
      expect(waiting).toBeLessThan(2 * smallBlocks.blockMaxBytes + smallBlocks.sampleBytes);
    }
    expect(emitted).toBeGreaterThan(given / 20);
  });

  it('says how long the chunk and its tail are', () => {
    expect(summary.chunkBytes).toBe(bytes.length);
    expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(bytes.length);
  });

  it('keeps a block below 32 KiB even where nothing can be compressed', async () => {
    const random = Array.from({ length: 3000 }, (_, i) => kvRow(noise(6, i + 1), noise(i % 60, i), i + 1));
    const sorted = random
      .toSorted((a, b) => Buffer.compare(a.key, b.key))
      .filter((row, i, all) => !equalBytes(row.key, all[i - 1]?.key ?? Uint8Array.of()));
    const built = buildChunk(sorted, defaultChunkParameters);
    const { index } = (await openBytes(built.bytes)).tail;
    for (let block = 0; block < index.blockCount; block++) {
      expect(index.entry(block).storedBytes).toBeLessThanOrEqual(32 * 1024);
      expect(index.entry(block).rawBytes).toBeLessThanOrEqual(32 * 1024);
      if (block < index.blockCount - 1) expect(index.entry(block).rawBytes).toBeGreaterThanOrEqual(16 * 1024);
    }
    await verifyBytes(built.bytes);
  });

  it('takes a value that is larger than a block', async () => {
    const large = [kvRow(Uint8Array.of(1), noise(5, 1), 1), kvRow(Uint8Array.of(2), noise(1_000_000, 2), 2)];
    const built = buildChunk(large, defaultChunkParameters);
    expect(await allRows(await openBytes(built.bytes))).toEqual(large);
  });

  it('makes a chunk of no rows', async () => {
    const empty = buildChunk([]);
    const reader = await openBytes(empty.bytes);
    expect(await allRows(reader)).toEqual([]);
    expect(await reader.get(Uint8Array.of(0x10, 1))).toBeUndefined();
    expect(await reader.scan({ gte: Uint8Array.of(0) }, { limit: 10, reverse: true })).toEqual([]);
    await verifyBytes(empty.bytes);
  });

  it('refuses keys that do not rise and rows that are too large', () => {
    const [first, second] = rows;
    if (first === undefined || second === undefined) throw new Error('no rows');
    expect(() => buildChunk([second, first])).toThrow(InvariantError);
    expect(() => buildChunk([first, first])).toThrow(InvariantError);
    expect(() => buildChunk([{ key: new Uint8Array(0), value: first.value }])).toThrow(InvariantError);
    expect(() => buildChunk([{ key: new Uint8Array(70_000).fill(0x20), value: first.value }])).toThrow(InvariantError);
  });

  it('remembers until when a block can be of use', async () => {
    const [link] = plausibleLinks(1);
    if (link === undefined) throw new Error('no link');
    const day = 86_400_000;
    const mortal = ['aaaaaaaa', 'bbbbbbbb'].map((code, i) => linkRow({ ...link, code, expiresAtMs: day * (i + 1) }));
    const { index } = (await openBytes(buildChunk(mortal).bytes)).tail;
    expect(index.entry(0).latestExpiryMs).toBe(2 * day);
    const withTombstone = [...mortal, deadRow('cccccccc', 9, day)];
    const other = (await openBytes(buildChunk(withTombstone).bytes)).tail;
    expect(other.index.entry(0).latestExpiryMs).toBeUndefined();
    expect(other.properties.namespaces[0]?.tombstoneCount).toBe(1);
  });
});
