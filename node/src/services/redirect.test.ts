// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import { beforeEach, expect, test } from 'vitest';
import { newLinksService } from './links.ts';
import { newRedirectService } from './redirect.ts';
import { FakeShards, fakeDependencies } from './testing/fake-shards.ts';

const url = 'https://example.org/';
const policy = { consistency: 'linearizable', timeoutMs: 1000 } as const;
let shards: FakeShards;

beforeEach(async () => {
  shards = new FakeShards(['i']);
  const links = newLinksService(fakeDependencies(shards), {
    destinations: { schemes: new Set(['https']), ownHosts: new Set() },
    codeLength: 8,
  });
  const options = { timeoutMs: 1000 };
  await links.create({ url, code: 'a' }, options);
  await links.create({ url, code: 'z', expiresAtMs: shards.nowMs + 5000 }, options);
  await links.create({ url, code: 'off' }, options);
  await links.update('off', { disabled: true }, options);
  await links.create({ url, code: 'dead' }, options);
  await links.delete('dead', options);
  shards.calls.length = 0;
});

const kindsOf = async (codes: readonly string[]) => {
  const resolutions = await newRedirectService(shards, policy).resolve(codes);
  return (await Promise.all(resolutions.map(async (one) => one))).map(({ kind }) => kind);
};

test('each code of a turn has its resolution, for one read per shard', async () => {
  const codes = ['z', 'a', 'none', 'off', 'dead', 'a', 'not a code', ''];
  expect(await kindsOf(codes)).toEqual([
    'found',
    'found',
    'notFound',
    'notFound',
    'gone',
    'found',
    'notFound',
    'notFound',
  ]);
  expect(shards.calls.map(({ shard, count }) => [shard, count]).sort()).toEqual([
    [1, 3],
    [2, 3],
  ]);
});

test('the expiry comes with the URL, and ends the link', async () => {
  const service = newRedirectService(shards, policy);
  expect(await service.resolve(['z'])).toEqual([{ kind: 'found', url, expiresAtMs: shards.nowMs + 5000 }]);
  shards.nowMs += 5000;
  expect(await kindsOf(['z'])).toEqual(['gone']);
});

test('a shard without a leader makes its own codes unavailable only', async () => {
  shards.failures.set(1, new ServiceError('unavailable', 'no leader'));
  expect(await kindsOf(['a', 'z', 'not a code'])).toEqual(['unavailable', 'found', 'notFound']);
});

test('before the cluster has formed nothing is known', async () => {
  shards.formed = false;
  expect(await kindsOf(['a'])).toEqual(['unavailable']);
});

test('codes of one shard are one group', () => {
  const service = newRedirectService(shards, policy);
  expect(service.groupOf('a')).toBe(service.groupOf('b'));
  expect(service.groupOf('a')).not.toBe(service.groupOf('z'));
});

test('what takes longer comes later, and is unavailable where it cannot be looked up', async () => {
  const gone = { kind: 'gone' } as const;
  shards.resolve = async () => [Promise.resolve(gone), gone, Promise.resolve(undefined)];
  const [first, second, third] = await newRedirectService(shards, policy).resolve(['a', 'b', 'c']);
  expect(second).toEqual({ kind: 'gone' });
  expect(first).toBeInstanceOf(Promise);
  expect(await first).toEqual({ kind: 'gone' });
  expect(await third).toEqual({ kind: 'unavailable' });
});
