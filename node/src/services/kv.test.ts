// SPDX-License-Identifier: Apache-2.0
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { newKvService } from './kv.ts';
import type { KvService } from './kv.ts';
import type { KvRange } from './kv-range.ts';
import { FakeShards, fakeDependencies } from './testing/fake-shards.ts';

const options = { timeoutMs: 1000 };
const query = { timeoutMs: 1000, consistency: 'linearizable' } as const;

let shards: FakeShards;
let kv: KvService;

beforeEach(() => {
  shards = new FakeShards(['g', 'p']);
  kv = newKvService(fakeDependencies(shards));
});

function put(key: string, value: string, ifRevision?: number) {
  return kv.put({ key: utf8(key), value: utf8(value), ifRevision }, options);
}

async function valueOf(key: string): Promise<string | undefined> {
  const { row } = await kv.get(utf8(key), query);
  return row === undefined ? undefined : fromUtf8(row.value);
}

async function kindOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'ok',
    (error: unknown) =>
      error instanceof ServiceError ? `${error.kind} ${error.field ?? ''}`.trim() : Promise.reject(error),
  );
}

describe('keys', () => {
  test('put, get and delete', async () => {
    expect(await put('a', '1')).toMatchObject({ existed: false });
    expect(await put('a', '2')).toMatchObject({ existed: true });
    expect((await kv.get(utf8('a'), query)).row).toMatchObject({ version: 2 });
    expect(await valueOf('a')).toBe('2');
    expect(await kv.delete(utf8('a'), options)).toMatchObject({ existed: true });
    expect(await valueOf('a')).toBeUndefined();
    expect(await kv.delete(utf8('a'), options)).toMatchObject({ existed: false });
  });

  test('a compare-and-set has one winner', async () => {
    const { revision } = await put('a', '1', 0);
    expect(await kindOf(put('a', 'x', 0))).toBe('preconditionFailed ifRevision');
    const outcomes = await Promise.all(['2', '3', '4'].map((value) => kindOf(put('a', value, revision))));
    expect(outcomes.sort()).toEqual(['ok', 'preconditionFailed ifRevision', 'preconditionFailed ifRevision']);
  });

  test('the same idempotency key writes once and refuses another value', async () => {
    const keyed = { ...options, idempotencyKey: 'k' };
    const first = await kv.put({ key: utf8('a'), value: utf8('1') }, keyed);
    await put('a', '2');
    expect(await kv.put({ key: utf8('a'), value: utf8('1') }, keyed)).toEqual(first);
    expect(await valueOf('a')).toBe('2');
    const other = kv.put({ key: utf8('a'), value: utf8('3') }, keyed);
    expect(await kindOf(other)).toBe('idempotencyMismatch idempotencyKey');
  });

  test('sizes out of bounds are refused before anything is proposed', async () => {
    const value = new Uint8Array(0);
    expect(await kindOf(kv.put({ key: new Uint8Array(0), value }, options))).toBe('invalid key');
    expect(await kindOf(kv.put({ key: new Uint8Array(4097), value }, options))).toBe('invalid key');
    expect(await kindOf(kv.put({ key: utf8('a'), value: new Uint8Array(2 ** 20 + 1) }, options))).toBe(
      'tooLarge value',
    );
    expect(await kindOf(kv.get(new Uint8Array(0), query))).toBe('invalid key');
    expect(await kindOf(put('a', '1', -1))).toBe('invalid ifRevision');
    expect(shards.calls).toEqual([]);
  });
});

describe('batch', () => {
  const operation = (key: string, value: string | undefined, ifRevision?: number) => {
    return { key: utf8(key), value: value === undefined ? undefined : utf8(value), ifRevision };
  };

  test('all operations take effect, or none', async () => {
    await put('a', '1');
    await kv.batch([operation('a', undefined), operation('b', '2', 0)], options);
    expect([await valueOf('a'), await valueOf('b')]).toEqual([undefined, '2']);
    const failing = kv.batch([operation('c', '3'), operation('b', '4', 0)], options);
    expect(await kindOf(failing)).toBe('preconditionFailed operations[1]');
    expect([await valueOf('b'), await valueOf('c')]).toEqual(['2', undefined]);
  });

  test('keys in different shards are refused, and the message names the shards', async () => {
    const batch = kv.batch([operation('a', '1'), operation('b', '1'), operation('z', '1')], options);
    await expect(batch).rejects.toThrow(/operations 0 and 2 lie in different shards \(1 and 3\)/);
    expect(await kindOf(batch)).toBe('invalid operations[2].key');
  });

  test('none, too many and too large batches are refused', async () => {
    expect(await kindOf(kv.batch([], options))).toBe('invalid operations');
    const many = Array.from({ length: 1001 }, (_, i) => operation(`a${i}`, ''));
    expect(await kindOf(kv.batch(many, options))).toBe('invalid operations');
    const large = [1, 2, 3].map((i) => ({ key: utf8(`a${i}`), value: new Uint8Array(2 ** 20), ifRevision: undefined }));
    expect(await kindOf(kv.batch(large, options))).toBe('tooLarge');
  });
});

describe('range', () => {
  const all = Array.from('abcghipqrxyz');

  async function collect(range: Partial<KvRange>, limit: number): Promise<string[]> {
    const keys: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await kv.range({ reverse: false, keysOnly: false, ...range, limit, cursor }, query);
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      keys.push(...page.rows.map((row) => fromUtf8(row.key)));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return keys;
  }

  beforeEach(async () => {
    for (const key of all) await put(key, key.repeat(10));
  });

  test.each([1, 2, 3, 5, 100])('pages of %i cross the shards in the order of the keys, both ways', async (limit) => {
    expect(await collect({}, limit)).toEqual(all);
    expect(await collect({ reverse: true }, limit)).toEqual([...all].reverse());
    expect(await collect({ gte: utf8('c'), lt: utf8('q') }, limit)).toEqual(['c', 'g', 'h', 'i', 'p']);
    expect(await collect({ gte: utf8('c'), lt: utf8('q'), reverse: true }, limit)).toEqual(['p', 'i', 'h', 'g', 'c']);
    expect(await collect({ gte: utf8('d'), lt: utf8('g') }, limit)).toEqual([]);
  });

  test('only the shards of the range are read', async () => {
    shards.calls.length = 0;
    await collect({ gte: utf8('h'), lt: utf8('p') }, 100);
    expect(shards.calls.map((call) => call.shard)).toEqual([2]);
  });

  test('a page ends by its bytes, and the rest follows', async () => {
    const value = new Uint8Array(300 * 1024);
    for (const key of ['a1', 'a2', 'a3', 'a4', 'h1', 'h2']) await kv.put({ key: utf8(key), value }, options);
    const page = await kv.range({ reverse: false, keysOnly: false, limit: 100 }, query);
    expect(page.rows.length).toBeLessThan(8);
    expect(page.cursor).toBeDefined();
    expect(await collect({}, 100)).toHaveLength(all.length + 6);
    expect((await kv.range({ reverse: false, keysOnly: true, limit: 100 }, query)).rows[0]?.value).toHaveLength(0);
  });

  test('a stream gives the whole range, or as much as was asked for', async () => {
    const keysOf = async (limit: number | undefined) => {
      const keys: string[] = [];
      for await (const rows of kv.stream({ reverse: false, keysOnly: false, limit }, query)) {
        keys.push(...rows.map((row) => fromUtf8(row.key)));
      }
      return keys;
    };
    expect(await keysOf(undefined)).toEqual(all);
    expect(await keysOf(5)).toEqual(all.slice(0, 5));
  });

  test('a cursor of the other direction, a broken one and a limit out of range are refused', async () => {
    const forward = { reverse: false, keysOnly: false, limit: 1 };
    const { cursor } = await kv.range(forward, query);
    expect(await kindOf(kv.range({ ...forward, reverse: true, cursor }, query))).toBe('invalid cursor');
    expect(await kindOf(kv.range({ ...forward, cursor: '*' }, query))).toBe('invalid cursor');
    expect(await kindOf(kv.range({ ...forward, limit: 10_001 }, query))).toBe('invalid limit');
    expect(await kindOf(kv.range({ ...forward, gte: utf8('b'), lt: utf8('a') }, query))).toBe('invalid lt');
  });

  test('a shard that cannot answer fails the page', async () => {
    shards.failures.set(2, new ServiceError('unavailable', 'no leader'));
    expect(await kindOf(collect({}, 100))).toBe('unavailable');
    expect(await collect({ lt: utf8('d') }, 100)).toEqual(['a', 'b', 'c']);
  });
});
