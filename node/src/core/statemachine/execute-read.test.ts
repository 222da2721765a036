// SPDX-License-Identifier: Apache-2.0
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeIndexRow } from './index-row.ts';
import { creatorIndexSuffix, expiryIndexSuffix, generationKey, namespaces } from './keys.ts';
import type { Namespace } from './keys.ts';
import type { ReadOp } from './reads.ts';
import { createLink, deleteLink, kvDelete, kvPut, linkOf, updateLink } from './testing/commands.ts';
import { TestShard } from './testing/test-shard.ts';

type RangeOp = Extract<ReadOp, { type: 'kvRange' }>;

function range(shard: TestShard, fields: Partial<RangeOp> = {}): { keys: string[]; more: boolean } {
  const defaults = { type: 'kvRange', gte: utf8(''), lt: undefined, limit: 100, maxBytes: 10_000 } as const;
  const result = shard.read({ ...defaults, reverse: false, keysOnly: false, ...fields });
  if (result.kind !== 'kvRange') throw new Error(result.kind);
  return { keys: result.rows.map(({ key }) => fromUtf8(key)), more: result.more };
}

function list(shard: TestShard, afterRevision = 0, limit = 100): { codes: string[]; next: number | undefined } {
  const result = shard.read({ type: 'links', creatorId: 'ada', afterRevision, limit });
  if (result.kind !== 'links') throw new Error(result.kind);
  return { codes: result.links.map(({ code }) => code), next: result.nextRevision };
}

describe('reading a link', () => {
  it('applies the expiry at the reader’s time, collected or not', () => {
    const shard = new TestShard();
    shard.apply(createLink('a', { expiresAtMs: 1500 }));
    expect(shard.read({ type: 'link', code: 'a' }, 1499).kind).toBe('link');
    expect(shard.read({ type: 'link', code: 'a' }, 1500)).toEqual({ kind: 'gone', reason: 'expired' });
    shard.timeMs = 1500;
    shard.applyAll(...shard.findExpired(1500));
    expect(shard.read({ type: 'link', code: 'a' })).toEqual({ kind: 'gone', reason: 'expired' });
  });

  it('returns a disabled link as a link', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('a'), updateLink('a', { disabled: true }));
    expect(shard.read({ type: 'link', code: 'a' })).toMatchObject({ kind: 'link', link: { disabled: true } });
  });

  it('finds nothing under a code that is only a part of another', () => {
    const shard = new TestShard();
    shard.apply(createLink('abc'));
    for (const code of ['ab', 'abcd', 'ABC']) expect(shard.read({ type: 'link', code })).toEqual({ kind: 'notFound' });
  });

  it('finds the newest row in any generation', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('old'), createLink('changed'), createLink('deleted'));
    shard.seal();
    const changed = linkOf(shard.apply(updateLink('changed', { url: 'https://new/' })));
    shard.apply(deleteLink('deleted'));
    expect(shard.read({ type: 'link', code: 'old' }).kind).toBe('link');
    expect(shard.read({ type: 'link', code: 'changed' })).toEqual({ kind: 'link', link: changed });
    expect(shard.read({ type: 'link', code: 'deleted' })).toEqual({ kind: 'gone', reason: 'deleted' });
  });
});

describe('listing the links of a creator', () => {
  it('pages in the order of creation and leaves out what is deleted, expired or somebody else’s', () => {
    const shard = new TestShard();
    const codes = ['z', 'b', 'gone', 'y', 'late', 'a'];
    shard.applyAll(
      ...codes.map((code) => createLink(code, { expiresAtMs: code === 'late' ? 1500 : undefined })),
      createLink('other', { creatorId: 'ad' }),
      createLink('another', { creatorId: 'adaa' }),
      updateLink('z', { url: 'https://changed/' }),
      deleteLink('gone'),
    );
    shard.timeMs = 1500;
    shard.apply(kvPut('time', 'passes'));
    expect(list(shard)).toEqual({ codes: ['z', 'b', 'y', 'a'], next: undefined });
    expect(list(shard, 0, 2)).toEqual({ codes: ['z', 'b'], next: 2 });
    expect(list(shard, 2, 2)).toEqual({ codes: ['y'], next: 5 });
    expect(list(shard, 5, 2)).toEqual({ codes: ['a'], next: undefined });
  });

  it('ends a page of long URLs by its bytes and goes on after its last link', () => {
    const shard = new TestShard();
    const url = `https://example.com/${'x'.repeat(8000)}`;
    shard.applyAll(...Array.from({ length: 300 }, (_, i) => createLink(`c${i}`, { url })));
    const seen = [];
    let after: number | undefined = 0;
    let pages = 0;
    while (after !== undefined) {
      const { codes, next } = list(shard, after, 1000);
      seen.push(...codes);
      after = next;
      pages += 1;
      expect(codes.length * 8000).toBeLessThan(1.1 * 1024 * 1024);
    }
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => `c${i}`));
    expect(pages).toBe(3);
  });

  it('sees through the generations', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('a'), createLink('b'), createLink('c'));
    shard.seal();
    shard.applyAll(deleteLink('b'), updateLink('a', { disabled: true }), createLink('d'));
    expect(list(shard)).toEqual({ codes: ['a', 'c', 'd'], next: undefined });
  });

  it('does not show a link twice whose code was given away again', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('a'), createLink('b'));
    shard.seal();
    shard.applyAll(deleteLink('a'), createLink('a', { reuseDeadCodes: true }));
    expect(list(shard)).toEqual({ codes: ['b', 'a'], next: undefined });
  });
});

describe('an index row that is behind its link', () => {
  it('shows nothing in a list and collects nothing', () => {
    const shard = new TestShard();
    const kept = linkOf(
      shard.applyAll(createLink('x'), createLink('a', { expiresAtMs: 5000 }))[1] ?? { kind: 'nothing' },
    );
    const stale = (namespace: Namespace, suffix: Uint8Array) =>
      shard.memory.put(generationKey(namespace, shard.scope, 1, suffix), encodeIndexRow(utf8('a')));
    stale(namespaces.linkByCreator, creatorIndexSuffix(utf8('bob'), 1));
    stale(namespaces.linkByExpiry, expiryIndexSuffix(4000, utf8('a')));
    const page = shard.read({ type: 'links', creatorId: 'bob', afterRevision: 0, limit: 10 });
    expect(page).toEqual({ kind: 'links', links: [], nextRevision: undefined });
    expect(shard.findExpired(4500)).toEqual([]);
    expect(shard.findExpired(5000)).toEqual([
      { type: 'collectExpired', code: 'a', revision: kept.revision, expiresAtMs: 5000 },
    ]);
  });
});

describe('a range of keys', () => {
  it('is read in both directions between its bounds', () => {
    const shard = new TestShard();
    shard.applyAll(...['a', 'b', 'c', 'd'].map((key) => kvPut(key, key)));
    expect(range(shard, { gte: utf8('b'), lt: utf8('d') })).toEqual({ keys: ['b', 'c'], more: false });
    expect(range(shard, { reverse: true, limit: 3 })).toEqual({ keys: ['d', 'c', 'b'], more: true });
    expect(range(shard, { gte: utf8('d'), lt: utf8('b') })).toEqual({ keys: [], more: false });
  });

  it('leaves out the values where only keys are wanted', () => {
    const shard = new TestShard();
    shard.apply(kvPut('a', 'value'));
    const result = shard.read({
      type: 'kvRange',
      gte: utf8(''),
      lt: undefined,
      reverse: false,
      limit: 1,
      maxBytes: 1,
      keysOnly: true,
    });
    expect(result).toMatchObject({ rows: [{ key: utf8('a'), value: utf8(''), version: 1 }], shardRevision: 1 });
  });

  it('goes through every key once, whatever the limits, the generations and the tombstones', () => {
    const change = fc.record({
      key: fc.integer({ min: 0, max: 30 }),
      action: fc.constantFrom('put', 'delete', 'seal'),
    });
    const paging = fc.record({
      limit: fc.integer({ min: 1, max: 7 }),
      maxBytes: fc.integer({ min: 1, max: 300 }),
      reverse: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), paging, (changes, { limit, maxBytes, reverse }) => {
        const shard = new TestShard();
        const model = new Set<string>();
        for (const { key, action } of changes) {
          const name = `k${String(key).padStart(2, '0')}`;
          if (action === 'seal') shard.seal();
          else if (action === 'put') shard.apply(kvPut(name, 'some value'));
          else shard.apply(kvDelete(name));
          if (action === 'put') model.add(name);
          if (action === 'delete') model.delete(name);
        }
        const seen: string[] = [];
        let bounds: Pick<RangeOp, 'gte' | 'lt'> = { gte: utf8(''), lt: undefined };
        for (;;) {
          const { keys, more } = range(shard, { ...bounds, limit, maxBytes, reverse });
          expect(keys.length).toBeLessThanOrEqual(limit);
          seen.push(...keys);
          const last = keys.at(-1);
          if (!more) break;
          if (last === undefined) throw new Error('a page without keys says that there are more');
          bounds = reverse ? { gte: utf8(''), lt: utf8(last) } : { gte: utf8(`${last}\0`), lt: undefined };
        }
        expect(seen).toEqual(reverse ? [...model].sort().reverse() : [...model].sort());
      }),
    );
  });
});

describe('finding what has expired', () => {
  it('takes the oldest first, no more than wanted, and nothing that lives on', () => {
    const shard = new TestShard();
    shard.applyAll(
      createLink('later', { expiresAtMs: 1700 }),
      createLink('sooner', { expiresAtMs: 1600 }),
      createLink('soonest', { expiresAtMs: 1500 }),
      createLink('future', { expiresAtMs: 9000 }),
      createLink('forever'),
    );
    expect(shard.findExpired(1499)).toEqual([]);
    expect(shard.findExpired(1700).map(({ code }) => code)).toEqual(['soonest', 'sooner', 'later']);
    expect(shard.findExpired(1700, 2).map(({ code }) => code)).toEqual(['soonest', 'sooner']);
  });

  it('gets past the tombstones that older generations leave in the index', () => {
    const shard = new TestShard();
    const codes = Array.from({ length: 30 }, (_, i) => `c${i}`);
    shard.applyAll(
      ...codes.map((code) => createLink(code, { expiresAtMs: 1500 })),
      createLink('last', { expiresAtMs: 1501 }),
    );
    shard.seal();
    shard.timeMs = 1600;
    for (let round = 0; round < 6; round++) shard.applyAll(...shard.findExpired(1500, 5));
    expect(shard.findExpired(1600, 5).map(({ code }) => code)).toEqual(['last']);
  });
});
