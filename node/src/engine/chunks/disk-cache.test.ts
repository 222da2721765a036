// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MemoryCacheFiles } from '../../../sim/memory-cache-files.ts';
import { zlibChunkCodec } from '../../adapters/system/zlib-chunk-codec.ts';
import { DiskCache } from './disk-cache.ts';

const partBytes = 4096;
/** Each of the 17 segments has room for four parts. */
const maxBytes = 17 * 4 * partBytes;

function newCache() {
  const files = new MemoryCacheFiles();
  const seen = { bytes: 0, off: [] as (string | undefined)[], damaged: 0 };
  const time = { ms: 1000 };
  const cache = new DiskCache({
    files,
    maxBytes,
    clock: { nowMs: () => time.ms, monotonicMs: () => time.ms },
    crc32: (bytes) => zlibChunkCodec.crc32(bytes),
    observer: {
      holds: (bytes) => (seen.bytes = bytes),
      switchedOff: (problem) => void seen.off.push(problem),
      damaged: () => seen.damaged++,
    },
  });
  return { files, seen, time, cache };
}

const part = (number: number): Uint8Array => new Uint8Array(partBytes).map((_, i) => (i * 7 + number) % 251);

async function writeParts(cache: DiskCache, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    cache.write('chunk', i * partBytes, part(i));
    await settled();
  }
}

/** Everything that was asked for is in the files: the disk in memory needs no time. */
async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await nextTurn();
}

const readPart = async (cache: DiskCache, number: number): Promise<Uint8Array | undefined> =>
  cache.read('chunk', number * partBytes, partBytes);

describe('parts of chunks on disk', () => {
  it('come back as they were, and nothing else does', async () => {
    const { cache, seen } = newCache();
    await writeParts(cache, 0, 10);
    for (let i = 0; i < 10; i++) expect(await readPart(cache, i)).toEqual(part(i));
    expect(await readPart(cache, 10)).toBeUndefined();
    expect(await cache.read('other', 0, partBytes)).toBeUndefined();
    expect(await cache.read('chunk', 0, partBytes - 1), 'another length').toBeUndefined();
    expect(seen).toEqual({ bytes: 10 * partBytes, off: [], damaged: 0 });
  });

  it('stay within their bytes, and the oldest that nobody reads go first', async () => {
    const { cache, files, seen } = newCache();
    await writeParts(cache, 0, 4);
    for (let i = 4; i < 400; i++) {
      expect(await readPart(cache, 0), `after ${i} parts`).toEqual(part(0));
      await writeParts(cache, i, i + 1);
      expect(files.bytes).toBeLessThanOrEqual(maxBytes);
      expect(seen.bytes).toBe(files.bytes);
    }
    expect(await readPart(cache, 1), 'never read').toBeUndefined();
    for (let i = 390; i < 400; i++) expect(await readPart(cache, i)).toEqual(part(i));
    expect(files.files.size).toBeLessThanOrEqual(16);
  });

  it('make room also when every one of them is read again and again', async () => {
    const { cache, files } = newCache();
    for (let i = 0; i < 200; i++) {
      await writeParts(cache, i, i + 1);
      for (let j = 0; j <= i; j++) await readPart(cache, j);
      expect(files.bytes).toBeLessThanOrEqual(maxBytes);
    }
    expect(await readPart(cache, 199)).toEqual(part(199));
  });

  it('are left out when they are damaged or lost, once each', async () => {
    const { cache, files, seen } = newCache();
    await writeParts(cache, 0, 10);
    const [first, second] = [...files.files.keys()];
    const bytes = files.files.get(first ?? 0) ?? expect.fail('no file');
    bytes[2 * partBytes + 17] = (bytes[2 * partBytes + 17] ?? 0) ^ 1;
    files.files.delete(second ?? 0);
    expect(await readPart(cache, 2)).toBeUndefined();
    expect(await readPart(cache, 2)).toBeUndefined();
    expect(await readPart(cache, 4)).toBeUndefined();
    expect(seen.damaged).toBe(2);
    expect(await readPart(cache, 1)).toEqual(part(1));
    await writeParts(cache, 2, 3);
    expect(await readPart(cache, 2)).toEqual(part(2));
  });

  it('are forgotten with their chunk, also on their way to the disk', async () => {
    const { cache } = newCache();
    await writeParts(cache, 0, 1);
    cache.write('chunk', partBytes, part(1));
    cache.write('chunk', 2 * partBytes, part(2));
    cache.write('other', 0, part(3));
    cache.forget('chunk');
    await settled();
    for (let i = 0; i < 3; i++) expect(await readPart(cache, i)).toBeUndefined();
    expect(await cache.read('other', 0, partBytes)).toEqual(part(3));
    await writeParts(cache, 1, 2);
    expect(await readPart(cache, 1)).toEqual(part(1));
  });

  it('give the disk back when it is full, and come again after a while', async () => {
    const { cache, files, seen, time } = newCache();
    files.maxBytes = 5 * partBytes;
    await writeParts(cache, 0, 10);
    expect(seen.off).toEqual(['full']);
    expect([seen.bytes, files.files.size]).toEqual([0, 0]);
    expect(await readPart(cache, 0)).toBeUndefined();
    files.maxBytes = Number.POSITIVE_INFINITY;
    await writeParts(cache, 0, 3);
    expect(files.files.size, 'still off').toBe(0);
    time.ms += 10 * 60_000;
    await writeParts(cache, 0, 3);
    expect(seen.off).toEqual(['full', undefined]);
    expect(await readPart(cache, 2)).toEqual(part(2));
  });

  it('leave room to others', async () => {
    const { cache, files, seen } = newCache();
    files.free = 2 ** 30;
    await writeParts(cache, 0, 1);
    expect(seen.off).toEqual(['full']);
    expect(files.files.size).toBe(0);
  });

  it('are not kept while too many wait for the disk, or when they are larger than half a segment', async () => {
    const { cache, files } = newCache();
    const { promise, resolve } = Promise.withResolvers<void>();
    const append = files.append.bind(files);
    files.append = async (file, bytes) => promise.then(async () => append(file, bytes));
    const waiting = (8 * 2 ** 20) / partBytes;
    for (let i = 0; i < waiting + 10; i++) cache.write('chunk', i * partBytes, part(i));
    cache.write('large', 0, new Uint8Array(3 * partBytes));
    resolve();
    for (let i = 0; i < 100 && (await readPart(cache, waiting - 1)) === undefined; i++) await settled();
    await settled();
    expect(await readPart(cache, waiting - 1)).toEqual(part(waiting - 1));
    expect(await readPart(cache, waiting + 9)).toBeUndefined();
    expect(await cache.read('large', 0, 3 * partBytes)).toBeUndefined();
  });
});
