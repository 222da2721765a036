// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MemoryCacheFiles } from '../../../sim/memory-cache-files.ts';
import { MemoryChunkFiles } from '../../../sim/memory-chunk-files.ts';
import { MemoryBucket } from '../../../sim/object-store/memory-bucket.ts';
import { SimObjectStore } from '../../../sim/object-store/sim-object-store.ts';
import { zlibChunkCodec as codec } from '../../adapters/system/zlib-chunk-codec.ts';
import { defaultChunkParameters } from '../../core/chunk/chunk-parameters.ts';
import { buildChunk } from '../../core/chunk/testing/chunks.ts';
import { linkRow, plausibleLinks, rowsOfLinks } from '../../core/chunk/testing/state-rows.ts';
import { chunkObject } from '../../core/statemachine/testing/lifecycle.ts';
import type { ChunkPeers, CopyRange } from '../../ports/chunk-peers.ts';
import { ChunkLibrary } from './chunk-library.ts';
import type { PlacedChunk, ReadTier } from './chunk-library.ts';
import { DiskCache } from './disk-cache.ts';

const links = plausibleLinks(4000);
const built = buildChunk(rowsOfLinks(links), defaultChunkParameters);
const name = 'cluster/chunks/1.chunk';

interface Read {
  readonly tier: ReadTier;
  readonly bytes: number;
}

/** One chunk in a store, as a node reads it that keeps no block in memory. */
function newLibrary({ tailCacheBytes = 1 << 20, diskCacheBytes = 1 << 24, holders = [] as readonly string[] } = {}) {
  const bucket = new MemoryBucket();
  bucket.put(name, built.bytes, 0);
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const gets: number[] = [];
  const objects = new SimObjectStore({ bucket, clock, timers: { after: () => () => {} } });
  const getRange = objects.getRange.bind(objects);
  objects.getRange = async (object, range, options) => {
    gets.push(range.length);
    return getRange(object, range, options);
  };
  const copies = new MemoryChunkFiles();
  const peers: ChunkPeers = {
    read: async (_node, { name: of, offset, length }: CopyRange) => copies.read(of, offset, length),
  };
  const cacheFiles = new MemoryCacheFiles();
  let damaged = 0;
  const diskCache = new DiskCache({
    files: cacheFiles,
    maxBytes: diskCacheBytes,
    clock,
    crc32: (bytes) => codec.crc32(bytes),
    observer: { holds: () => {}, switchedOff: () => {}, damaged: () => damaged++ },
  });
  const reads: Read[] = [];
  const files = new MemoryChunkFiles();
  const library = new ChunkLibrary({
    files,
    peers,
    self: 'self',
    objects,
    codec,
    tailCacheBytes,
    blockCacheBytes: 0,
    diskCache,
    onRead: (tier, bytes) => void reads.push({ tier, bytes }),
    onCorruptCopy: () => {},
  });
  const { chunkBytes: sizeBytes, tailBytes } = built.summary;
  const chunk: PlacedChunk = { object: { ...chunkObject(name), sizeBytes, tailBytes }, holders };
  const look = async (key: Uint8Array) => {
    reads.length = 0;
    gets.length = 0;
    const value = await library.with(chunk, async (reader) => reader.get(key));
    for (let i = 0; i < 5; i++) await nextTurn();
    return { value, tiers: reads.map(({ tier }) => tier), gets: [...gets] };
  };
  return { library, look, files, copies, cacheFiles, bucket, damagedCount: () => damaged };
}

const rowOf = (place: number): ReturnType<typeof linkRow> => linkRow(links[place] ?? expect.fail('no such link'));

describe('a chunk that is only in the object store', () => {
  it('is opened by one read of its tail, and answers each look-up by one read of a block of at most 32 KiB', async () => {
    const { look } = newLibrary({ diskCacheBytes: 0 });
    const first = await look(rowOf(0).key);
    expect(first.value).toEqual(rowOf(0).value);
    expect(first.gets).toEqual([built.summary.tailBytes, expect.any(Number)]);
    for (let i = 1; i < 300; i++) {
      const { value, gets } = await look(rowOf(i).key);
      expect(value).toEqual(rowOf(i).value);
      expect(gets).toHaveLength(1);
      expect(gets[0]).toBeLessThanOrEqual(32 * 1024);
    }
  });

  it('is asked nothing about most keys that it lacks', async () => {
    const { look } = newLibrary();
    await look(rowOf(0).key);
    let reads = 0;
    for (const link of plausibleLinks(2000, 99).filter(({ code }) => !code.startsWith('Custom'))) {
      const { value, gets } = await look(linkRow(link).key);
      expect(value).toBeUndefined();
      reads += gets.length;
    }
    expect(reads).toBeLessThan(20);
  });
});

describe('the cache on disk', () => {
  it('saves the second read of a block, and of a tail that has no room in memory', async () => {
    const { look } = newLibrary({ tailCacheBytes: 0 });
    expect(await look(rowOf(7).key)).toMatchObject({ value: rowOf(7).value, tiers: ['store', 'store'] });
    expect(await look(rowOf(7).key)).toEqual({ value: rowOf(7).value, tiers: ['cache', 'cache'], gets: [] });
  });

  it('keeps also what came from a holder, and stays aside where there is a copy', async () => {
    const { look, copies, files, cacheFiles } = newLibrary({ tailCacheBytes: 0, holders: ['other'] });
    copies.files.set(name, built.bytes);
    expect(await look(rowOf(7).key)).toMatchObject({ value: rowOf(7).value, tiers: ['holder', 'holder'] });
    expect(await look(rowOf(7).key)).toMatchObject({ value: rowOf(7).value, tiers: ['cache', 'cache'] });
    files.files.set(name, built.bytes);
    const kept = cacheFiles.bytes;
    expect(await look(rowOf(2000).key)).toMatchObject({ value: rowOf(2000).value, tiers: ['local', 'local'] });
    expect(cacheFiles.bytes).toBe(kept);
  });

  it('never gives a damaged part: it is read again from where it came', async () => {
    const { look, cacheFiles, damagedCount } = newLibrary();
    await look(rowOf(7).key);
    for (const bytes of cacheFiles.files.values())
      for (let i = 0; i < bytes.length; i += 100) bytes[i] = ~(bytes[i] ?? 0);
    expect(await look(rowOf(7).key)).toMatchObject({ value: rowOf(7).value, tiers: ['store'] });
    expect(await look(rowOf(7).key)).toMatchObject({ value: rowOf(7).value, tiers: ['cache'] });
    expect(damagedCount()).toBe(1);
  });

  it('does not keep what a holder or the store gave damaged', async () => {
    const { look, copies, bucket } = newLibrary({ tailCacheBytes: 0, holders: ['other'] });
    const wrong = built.bytes.map((byte, i) => (i % 50 === 0 ? byte ^ 1 : byte));
    copies.files.set(name, wrong);
    expect(await look(rowOf(7).key), 'a damaged copy').toMatchObject({
      value: rowOf(7).value,
      tiers: ['holder', 'store', 'store'],
    });
    expect(await look(rowOf(7).key)).toMatchObject({ value: rowOf(7).value, tiers: ['cache', 'cache'] });
    const other = newLibrary({ tailCacheBytes: 0 });
    other.bucket.delete(name);
    other.bucket.put(name, wrong, 0);
    await expect(other.look(rowOf(7).key)).rejects.toThrow('cannot be read');
    await expect(other.look(rowOf(7).key)).rejects.toThrow('cannot be read');
    other.bucket.delete(name);
    other.bucket.put(name, bucket.get(name) ?? expect.fail('no object'), 0);
    expect(await other.look(rowOf(7).key)).toMatchObject({ value: rowOf(7).value, tiers: ['store', 'store'] });
  });

  it('is left when the disk is full, and reads go on without it', async () => {
    const { look, cacheFiles } = newLibrary({ tailCacheBytes: 0 });
    cacheFiles.maxBytes = 10_000;
    for (let i = 0; i < 3; i++)
      expect(await look(rowOf(7).key)).toMatchObject({ value: rowOf(7).value, tiers: ['store', 'store'] });
    expect(cacheFiles.bytes).toBe(0);
  });
});
