// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { waitingGenerationsMax } from '../core/lifecycle/transitions.ts';
import { chunkObject, exportSteps } from '../core/statemachine/testing/lifecycle.ts';
import { newChunkService } from './chunks.ts';
import type { ChunkService } from './chunks.ts';
import { encodeChunkCursor } from './chunk-cursor.ts';
import { newKvService } from './kv.ts';
import type { KvService } from './kv.ts';
import { FakeShards, fakeDependencies } from './testing/fake-shards.ts';

const options = { timeoutMs: 1000 };
let shards: FakeShards;
let chunks: ChunkService;
let kv: KvService;

beforeEach(() => {
  shards = new FakeShards(['m']);
  kv = newKvService(fakeDependencies(shards));
  chunks = newChunkService(shards, { hasObjectStore: true });
});

async function put(key: string): Promise<void> {
  await kv.put({ key: utf8(key), value: utf8('v') }, options);
}

/** What the nodes of a healthy cluster do with a generation; shard 1 is below the key "m". */
async function retire(generation: number, name = `chunk-${generation}`): Promise<void> {
  const [page] = (await chunks.list({ shard: 1, limit: 0 }, options)).shards;
  const chunkSetVersion = page?.chunkSetVersion ?? expect.fail('no shard 1');
  await shards.write(1, exportSteps(generation, chunkObject(name), [1]), options);
  await shards.write(1, [{ type: 'retire', generation, object: name, chunkSetVersion }], options);
}

async function kindOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'ok',
    (error: unknown) => (error instanceof ServiceError ? `${error.kind}: ${error.message}` : Promise.reject(error)),
  );
}

describe('upload', () => {
  test('seals what was written, and says what to wait for', async () => {
    expect(await chunks.upload(1, options)).toEqual({ kind: 'empty', shard: 1, waitFor: undefined });
    await put('a');
    expect(await chunks.upload(1, options)).toEqual({ kind: 'sealed', shard: 1, generation: 1, waitFor: 1 });
    expect(await chunks.upload(1, options)).toEqual({ kind: 'empty', shard: 1, waitFor: 1 });
    await retire(1);
    expect(await chunks.upload(1, options)).toEqual({ kind: 'empty', shard: 1, waitFor: undefined });
  });

  test('takes a generation that somebody else sealed meanwhile for its own', async () => {
    await put('a');
    const write = vi.spyOn(shards, 'write');
    write.mockImplementationOnce(async (shard, commands, call) => {
      await shards.write(shard, commands, call);
      return shards.write(shard, commands, call);
    });
    expect(await chunks.upload(1, options)).toEqual({ kind: 'sealed', shard: 1, generation: 1, waitFor: 1 });
    expect((await chunks.list({ shard: 1, limit: 0 }, options)).shards[0]?.generations.map(({ id }) => id)).toEqual([
      2, 1,
    ]);
  });

  test('names the object store when too many generations wait for it', async () => {
    for (let i = 0; i <= waitingGenerationsMax; i++) {
      await put('a');
      const sealed = chunks.upload(1, options);
      if (i < waitingGenerationsMax) expect(await sealed).toMatchObject({ kind: 'sealed', generation: i + 1 });
      else expect(await kindOf(sealed)).toMatch(/^overloaded: 16 generations of shard 1 .* object store/);
    }
  });

  test('of all shards is done for each by itself', async () => {
    await put('a');
    await put('z');
    shards.failures.set(2, new ServiceError('unavailable', 'no leader'));
    expect(await chunks.uploadAll(options)).toEqual([
      { kind: 'sealed', shard: 1, generation: 1, waitFor: 1 },
      { kind: 'failed', shard: 2, error: shards.failures.get(2) },
    ]);
    shards.failures.clear();
    expect(await chunks.uploadAll(options)).toMatchObject([
      { kind: 'empty', shard: 1, waitFor: 1 },
      { kind: 'sealed', shard: 2, generation: 1 },
    ]);
  });

  test('wants an object store, and a shard with rows', async () => {
    const without = newChunkService(shards, { hasObjectStore: false });
    expect(await kindOf(without.upload(1, options))).toMatch(/^preconditionFailed: .*set objectStore.url/);
    expect(await kindOf(without.uploadAll(options))).toMatch(/^preconditionFailed: .*set objectStore.url/);
    expect(await kindOf(chunks.upload(9, options))).toMatch(/^notFound: there is no shard 9/);
    expect(await kindOf(chunks.upload(0, options))).toMatch(/^notFound: /);
    shards.formed = false;
    expect(await kindOf(chunks.uploadAll(options))).toMatch(/^unavailable: /);
  });
});

describe('list', () => {
  test('shows generations with what they wait for, chunks with their holders, and garbage', async () => {
    await put('a');
    await chunks.upload(1, options);
    await put('b');
    await chunks.upload(1, options);
    await retire(1);
    const name = 'lost';
    await shards.write(
      1,
      [
        { type: 'exported', generation: 2, object: chunkObject(name), replaces: undefined },
        { type: 'readback', generation: 2, object: name, digest: undefined },
      ],
      options,
    );
    const { shards: listed, cursor } = await chunks.list({ limit: 10 }, options);
    expect(cursor).toBeUndefined();
    expect(listed).toMatchObject([
      {
        shard: 1,
        chunkSetVersion: 1,
        generations: [
          { id: 3, state: 'active', rows: 0, record: undefined, waits: [] },
          {
            id: 2,
            state: 'sealed',
            rows: 1,
            record: { sealedAtMs: shards.nowMs },
            waits: [
              { step: 'votes', missing: 1 },
              { step: 'export', missing: 1 },
            ],
          },
        ],
        totals: { chunks: 1, rows: 3, bytes: 1000 },
        garbage: [{ name, unlinkedAtMs: shards.nowMs }],
        chunks: [{ object: { name: 'chunk-1' }, firstGeneration: 1, lastGeneration: 1, holders: ['n1', 'n2'] }],
      },
      { shard: 2, chunkSetVersion: 0, generations: [{ id: 1, state: 'active' }], chunks: [], garbage: [] },
    ]);
  });

  test('goes through all chunks page by page, whatever the size of a page', async () => {
    for (let i = 0; i < 3; i++) {
      await put('a');
      await chunks.upload(1, options);
    }
    for (const [i, name] of ['b', 'a', 'c'].entries()) await retire(i + 1, name);
    for (const limit of [1, 2, 3, 4]) {
      const names: string[] = [];
      const seen = new Set<number>();
      let cursor: string | undefined;
      do {
        const page = await chunks.list({ limit, cursor }, options);
        const found = page.shards.flatMap((one) => one.chunks.map(({ object }) => object.name));
        expect(found.length).toBeLessThanOrEqual(limit);
        names.push(...found);
        for (const { shard } of page.shards) seen.add(shard);
        ({ cursor } = page);
      } while (cursor !== undefined);
      expect(names).toEqual(['a', 'b', 'c']);
      expect([...seen]).toEqual([1, 2]);
    }
    expect((await chunks.list({ limit: 0 }, options)).shards).toMatchObject([{ chunks: [] }, { chunks: [] }]);
  });

  test('of many shards has pages of 64 shards', async () => {
    const starts = Array.from({ length: 64 }, (_, i) => `k${String(i).padStart(2, '0')}`);
    const many = newChunkService(new FakeShards(starts), { hasObjectStore: true });
    const first = await many.list({ limit: 0 }, options);
    expect(first.shards).toHaveLength(64);
    const second = await many.list({ limit: 0, cursor: first.cursor }, options);
    expect(second).toMatchObject({ shards: [{ shard: 65 }], cursor: undefined });
  });

  test('refuses limits and cursors that mean nothing', async () => {
    expect(await kindOf(chunks.list({ limit: 1001 }, options))).toMatch(/^invalid: limit/);
    expect(await kindOf(chunks.list({ limit: -1 }, options))).toMatch(/^invalid: limit/);
    for (const cursor of ['', '!', 'AAAA', 'AQ'])
      expect(await kindOf(chunks.list({ limit: 1, cursor }, options))).toMatch(/^invalid: the cursor/);
    const other = encodeChunkCursor({ shard: 2, after: '' });
    expect(await kindOf(chunks.list({ shard: 1, limit: 1, cursor: other }, options))).toMatch(/^invalid: the cursor/);
    expect(await kindOf(chunks.list({ shard: 7, limit: 1 }, options))).toMatch(/^notFound: /);
  });
});

test('a generation is retired when its chunk is in the set, and neither before nor before it began', async () => {
  await put('a');
  expect(await chunks.isRetired(1, 1, options)).toBe(false);
  await chunks.upload(1, options);
  expect(await chunks.isRetired(1, 1, options)).toBe(false);
  await retire(1);
  expect(await chunks.isRetired(1, 1, options)).toBe(true);
  expect(await chunks.isRetired(1, 2, options)).toBe(false);
  expect(await chunks.isRetired(1, 3, options)).toBe(false);
});
