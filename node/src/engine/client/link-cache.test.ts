// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import type { LinkResolution } from '../../core/statemachine/resolution.ts';
import { LinkVersions } from '../link-versions.ts';
import { LinkCache } from './link-cache.ts';

const shard = 1;
const view = { slot: 3, timeMs: 1000, chunkSetVersion: 5 };

function found(url: string, expiresAtMs?: number): LinkResolution {
  return { kind: 'found', url, expiresAtMs };
}

function cached(maxBytes = 1_000_000) {
  const versions = new LinkVersions();
  const cache = new LinkCache(versions, maxBytes);
  const keep = (code: string, resolution: LinkResolution): void =>
    cache.keep(code, cache.stamp(shard, code), { slot: view.slot, resolution });
  return { versions, cache, keep };
}

it('knows what was kept, until the version of the code is raised', () => {
  const { versions, cache, keep } = cached();
  expect(cache.find('a', view)).toBeUndefined();
  keep('a', found('https://a.example/'));
  keep('b', { kind: 'gone' });
  versions.raise(shard, utf8('a'));
  expect(cache.find('a', view)).toBeUndefined();
  expect(cache.find('b', view)).toEqual({ kind: 'gone' });
  keep('a', found('https://a.example/2'));
  expect(cache.find('a', view)).toEqual(found('https://a.example/2'));
});

it('does not know what was read before a change that came after the stamp', () => {
  const { versions, cache } = cached();
  const stamp = cache.stamp(shard, 'a');
  versions.raise(shard, utf8('a'));
  cache.keep('a', stamp, { slot: view.slot, resolution: found('https://old.example/') });
  expect(cache.find('a', view)).toBeUndefined();
});

it('does not know what was read from another copy of the shard: a snapshot has taken its place', () => {
  const { cache, keep } = cached();
  keep('a', found('https://a.example/'));
  expect(cache.find('a', { ...view, slot: 4 })).toBeUndefined();
});

it('judges the expiry by the time of each view', () => {
  const { cache, keep } = cached();
  keep('a', found('https://a.example/', 2000));
  expect(cache.find('a', { ...view, timeMs: 1999 })?.kind).toBe('found');
  expect(cache.find('a', { ...view, timeMs: 2000 })?.kind).toBe('gone');
});

it('stays within its bytes, and keeps what is used again and again', () => {
  const maxBytes = 30_000;
  const { cache, keep } = cached(maxBytes);
  keep('hot', found('https://hot.example/'));
  for (let i = 0; i < 10_000; i++) {
    keep(`cold${i}`, found('https://cold.example/'));
    expect(cache.find('hot', view)?.kind).toBe('found');
    expect(cache.takeStats().bytes).toBeLessThanOrEqual(maxBytes + 500);
  }
  expect(cache.find('cold0', view)).toBeUndefined();
  expect(cache.find('cold9999', view)?.kind).toBe('found');
});

it('knows that nobody has a code until somebody gets it, the copy is replaced or the chunks change', () => {
  const { versions, cache } = cached();
  cache.keepAbsent('none', cache.stamp(shard, 'none'), view);
  expect(cache.find('none', view)).toEqual({ kind: 'notFound' });
  expect(cache.find('none', { ...view, slot: 4 })).toBeUndefined();
  expect(cache.find('none', { ...view, chunkSetVersion: 6 })).toBeUndefined();
  versions.raise(shard, utf8('none'));
  expect(cache.find('none', view)).toBeUndefined();
});

it('a flood of codes that nobody has drives out no link', () => {
  const maxBytes = 30_000;
  const { cache, keep } = cached(maxBytes);
  keep('a', found('https://a.example/'));
  for (let i = 0; i < 10_000; i++) cache.keepAbsent(`none${i}`, cache.stamp(shard, `none${i}`), view);
  expect(cache.find('a', view)?.kind).toBe('found');
  expect(cache.find('none0', view)).toBeUndefined();
  expect(cache.find('none9999', view)?.kind).toBe('notFound');
  expect(cache.takeStats().bytes).toBeLessThanOrEqual(maxBytes / 16 + 600);
});

it('counts bytes once when a code is kept again', () => {
  const { cache, keep } = cached();
  keep('a', found('https://a.example/'));
  const { bytes } = cache.takeStats();
  for (let i = 0; i < 100; i++) keep('a', found('https://a.example/'));
  expect(cache.takeStats().bytes).toBe(bytes);
});

it('counts hits and misses since it was asked last', () => {
  const { cache, keep } = cached();
  keep('a', found('https://a.example/'));
  cache.find('a', view);
  cache.find('a', view);
  cache.find('b', view);
  expect(cache.takeStats()).toMatchObject({ hits: 2, misses: 1 });
  expect(cache.takeStats()).toMatchObject({ hits: 0, misses: 0 });
});
