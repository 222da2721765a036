// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { ByteCache } from './byte-cache.ts';

const cacheOf = (maxBytes: number): ByteCache<string> => new ByteCache<string>(maxBytes, (value) => value.length);
const give = (value: string) => async (): Promise<string> => value;
const never = async (): Promise<string> => {
  throw new Error('loaded again');
};

it('keeps what was used last, up to its bytes', async () => {
  const cache = cacheOf(10);
  await cache.get('a', give('1234'));
  await cache.get('b', give('1234'));
  expect(await cache.get('a', never)).toBe('1234');
  await cache.get('c', give('1234'));
  expect(await cache.get('a', never)).toBe('1234');
  expect(await cache.get('b', give('again'))).toBe('again');
  expect(cache.bytes).toBeLessThanOrEqual(10);
  expect(await cache.get('huge', give('x'.repeat(11)))).toHaveLength(11);
  expect(cache.bytes).toBeLessThanOrEqual(10);
});

it('loads a key once for all who wait for it, and again after a failure', async () => {
  const cache = cacheOf(10);
  let loads = 0;
  const load = async (): Promise<string> => {
    loads++;
    await Promise.resolve();
    if (loads === 1) throw new Error('away');
    return 'v';
  };
  const both = await Promise.allSettled([cache.get('k', load), cache.get('k', load)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await Promise.all([cache.get('k', load), cache.get('k', load)])).toEqual(['v', 'v']);
  expect(loads).toBe(2);
});

it('does not keep what was dropped while it was loaded', async () => {
  const cache = cacheOf(10);
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = cache.get('a/1', async () => promise);
  cache.dropPrefix('a/');
  resolve('old');
  expect(await first).toBe('old');
  expect(await cache.get('a/1', give('new'))).toBe('new');
});
