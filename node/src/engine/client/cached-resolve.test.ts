// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ReadOp, ReadResult } from '../../core/statemachine/reads.ts';
import type { LinkResolution } from '../../core/statemachine/resolution.ts';
import { LinkVersions } from '../link-versions.ts';
import { resolveCached } from './cached-resolve.ts';
import type { ShardReads } from './cached-resolve.ts';
import { LinkCache } from './link-cache.ts';

const shard = 1;
const hot = { slot: 3, timeMs: 1000, revision: 9, generations: [{ id: 1 }], chunkSetVersion: 0 };
const cold = { ...hot, chunkSetVersion: 2 };

function linkOf(code: string): ReadResult {
  const times = { createdAtMs: 1, updatedAtMs: 1, expiresAtMs: undefined, createRevision: 1, revision: 1 };
  return { kind: 'link', link: { code, url: `https://${code}/`, creatorId: '', disabled: false, ...times } };
}

function found(code: string): LinkResolution {
  return { kind: 'found', url: `https://${code}/`, expiresAtMs: undefined };
}

/** Rows that are there are called after what they hold; each read waits for the test. */
function shardOf(answer: (code: string) => ReadResult | Error | 'outdated') {
  const cache = new LinkCache(new LinkVersions(), 1_000_000);
  const asked: string[] = [];
  const opened = new Map<string, () => void>();
  const read = async (operations: readonly ReadOp[]): Promise<readonly ReadResult[] | undefined> => {
    const codes = operations.map((operation) => (operation.type === 'link' ? operation.code : ''));
    asked.push(codes.join(''));
    await new Promise<void>((resolve) => opened.set(codes.join(''), resolve));
    const answers = codes.map(answer);
    for (const one of answers) if (one instanceof Error) throw one;
    return answers.includes('outdated') ? undefined : (answers as ReadResult[]);
  };
  const reads: ShardReads = {
    through: async (_view, operations) => read(operations),
    anew: async (operations) => {
      asked.push('anew');
      return operations.map((operation) => linkOf(operation.type === 'link' ? operation.code : ''));
    },
  };
  const open = (codes: string): void => opened.get(codes)?.();
  return { cache, reads, asked, open };
}

it('without chunks the codes that are not known are one read', async () => {
  const { cache, reads, asked, open } = shardOf(linkOf);
  cache.keep('b', cache.stamp(shard, 'b'), { slot: 3, resolution: found('b') });
  const resolved = resolveCached(cache, { shard, codes: ['a', 'b', 'c'], view: hot }, reads);
  open('ac');
  expect(await resolved).toEqual([found('a'), found('b'), found('c')]);
  expect(await resolveCached(cache, { shard, codes: ['c', 'a'], view: hot }, reads)).toEqual([found('c'), found('a')]);
  expect(asked).toEqual(['ac']);
});

it('with chunks no code waits for another one', async () => {
  const { cache, reads, asked, open } = shardOf(linkOf);
  cache.keep('b', cache.stamp(shard, 'b'), { slot: 3, resolution: found('b') });
  const [a, b, c] = (await resolveCached(cache, { shard, codes: ['a', 'b', 'c'], view: cold }, reads)) ?? [];
  expect(b).toEqual(found('b'));
  open('c');
  expect(await c).toEqual(found('c'));
  expect(asked).toEqual(['a', 'c']);
  open('a');
  expect(await a).toEqual(found('a'));
  expect(cache.find('a', cold)).toEqual(found('a'));
});

it('a code whose chunks have changed meanwhile is read again with a view of its own, and not remembered', async () => {
  const { cache, reads, asked, open } = shardOf(() => 'outdated');
  const [a] = (await resolveCached(cache, { shard, codes: ['a'], view: cold }, reads)) ?? [];
  open('a');
  expect(await a).toEqual(found('a'));
  expect(asked).toEqual(['a', 'anew']);
  expect(cache.find('a', cold)).toBeUndefined();
});

it('without chunks an outdated view is of no use for any code', async () => {
  const { cache, reads, open } = shardOf(() => 'outdated');
  const resolved = resolveCached(cache, { shard, codes: ['a'], view: hot }, reads);
  open('a');
  expect(await resolved).toBeUndefined();
});

it('chunks that cannot be asked leave only their own codes without an answer', async () => {
  const { cache, reads, open } = shardOf((code) =>
    code === 'a' ? new ServiceError('unavailable', 'the store is away') : linkOf(code),
  );
  const [a, b] = (await resolveCached(cache, { shard, codes: ['a', 'b'], view: cold }, reads)) ?? [];
  open('a');
  open('b');
  expect(await a).toBeUndefined();
  expect(await b).toEqual(found('b'));
});

it('remembers that nobody has a code, as long as the chunks are the same', async () => {
  const { cache, reads, open } = shardOf(() => ({ kind: 'notFound' }));
  const resolved = resolveCached(cache, { shard, codes: ['none'], view: hot }, reads);
  open('none');
  expect(await resolved).toEqual([{ kind: 'notFound' }]);
  expect(cache.find('none', hot)).toEqual({ kind: 'notFound' });
  expect(cache.find('none', cold)).toBeUndefined();
});
