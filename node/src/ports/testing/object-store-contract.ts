// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import {
  bodyOf,
  call,
  kindOf,
  listAll,
  namesIn,
  pattern,
  putText,
  textOf,
  type ObjectStoreFixture,
  type Stores,
  type StoreTraits,
} from './object-store-kit.ts';
import { describeUploadEnds, describeUploads } from './object-upload-contract.ts';

const writers = 12;

/** What every ObjectStore promises. Registers tests; `fixture` makes an empty store for each. */
export function describeObjectStoreContract(
  name: string,
  fixture: () => Promise<ObjectStoreFixture>,
  traits: StoreTraits = { listsUploadsByPrefix: true },
): void {
  describe(`${name} keeps the contract of ObjectStore`, () => {
    let current: ObjectStoreFixture;
    beforeEach(async () => {
      current = await fixture();
    });
    afterEach(async () => {
      await current.dispose();
    });
    const stores: Stores = () => current;
    describeCreation(stores);
    describeReads(stores);
    describeLists(stores);
    describeDeletes(stores);
    describeUploads(stores);
    describeUploadEnds(stores, traits);
  });
}

function describeCreation(stores: Stores): void {
  describe('a whole object', () => {
    it('is created once and shows to everybody at once', async () => {
      const { store, other } = stores();
      await putText(store, 'a/b', 'first');
      expect(await textOf(store, 'a/b')).toBe('first');
      expect(await textOf(other, 'a/b')).toBe('first');
    });

    it('is never overwritten, by whatever is put under its name', async () => {
      const { store, other } = stores();
      await putText(store, 'a', 'first');
      for (const text of ['second', 'fires', '', 'a longer one than before']) {
        expect(await other.put('a', utf8(text), call)).toBe('exists');
      }
      expect(await textOf(store, 'a')).toBe('first');
    });

    it('is created by one of many who try at once, and the others are told so', async () => {
      const { store, other } = stores();
      for (const size of [10, 200_000]) {
        const name = `race-${size}`;
        const bodies = Array.from({ length: writers }, (_, i) => pattern(size, i + 1));
        const outcomes = await Promise.all(
          bodies.map(async (body, i) => (i % 2 === 0 ? store : other).put(name, body, call)),
        );
        const winners = bodies.filter((_, i) => outcomes[i] === 'created');
        expect(winners).toHaveLength(1);
        expect(outcomes.filter((outcome) => outcome === 'exists')).toHaveLength(writers - 1);
        expect(await bodyOf(other, name)).toEqual(winners[0]);
      }
    });

    it('may be empty, and hold any bytes', async () => {
      const { store } = stores();
      expect(await store.put('empty', new Uint8Array(0), call)).toBe('created');
      expect(await bodyOf(store, 'empty')).toHaveLength(0);
      expect(await store.head('empty', call)).toMatchObject({ size: 0 });
      const all = Uint8Array.from({ length: 1024 }, (_, i) => i & 0xff);
      await store.put('all', all, call);
      expect(await bodyOf(store, 'all')).toEqual(all);
    });

    it('is the bytes of the moment of the call, also when they lie inside a larger buffer', async () => {
      const { store } = stores();
      const buffer = utf8('..hello..');
      const body = buffer.subarray(2, 7);
      const put = store.put('a', body, call);
      body.fill(0);
      await put;
      expect(await textOf(store, 'a')).toBe('hello');
    });

    it('must match the checksum that is sent with it', async () => {
      const { store } = stores();
      const body = pattern(5000);
      expect(await kindOf(store.put('a', body, { ...call, crc32: (crc32(body) ^ 1) >>> 0 }))).toBe('corrupt');
      expect(await store.head('a', call)).toBeUndefined();
      expect(await namesIn(store, '')).toEqual([]);
      expect(await store.put('a', body, { ...call, crc32: crc32(body) })).toBe('created');
    });

    it('has a name that every store takes, or none does', async () => {
      const { store } = stores();
      const long = `${'s'.repeat(255)}/${'t'.repeat(255)}/${'u'.repeat(255)}`;
      await putText(store, long, 'long');
      await putText(store, 'A-Z_a-z=0-9.chunk', 'letters');
      expect(await namesIn(store, '')).toEqual(['A-Z_a-z=0-9.chunk', long]);
      for (const name of ['', '/a', 'a/', 'a//b', '../a', 'a/../b', '.a', 'é', 'a b', 'v'.repeat(256)]) {
        expect(await kindOf(store.put(name, utf8('x'), call))).toBe('invalid');
        expect(await kindOf(store.get(name, { ...call, maxBytes: 1 }))).toBe('invalid');
        expect(await kindOf(store.head(name, call))).toBe('invalid');
        expect(await kindOf(store.delete(name, call))).toBe('invalid');
        expect(await kindOf(store.startUpload(name, { ...call, partBytes: store.minPartBytes }))).toBe('invalid');
      }
    });
  });
}

function describeReads(stores: Stores): void {
  describe('reads', () => {
    it('of what is not there are undefined, below an object and beside it as well', async () => {
      const { store } = stores();
      await putText(store, 'a/b', 'x');
      for (const name of ['c', 'a', 'a/b/c', 'a/bb', 'a/b.']) {
        expect(await bodyOf(store, name)).toBeUndefined();
        expect(await store.getRange(name, { offset: 0, length: 1 }, call)).toBeUndefined();
        expect(await store.head(name, call)).toBeUndefined();
      }
    });

    it('of a range are exactly that range', async () => {
      const { store } = stores();
      const body = pattern(100_000);
      await store.put('a', body, call);
      for (const [offset, length] of [
        [0, 1],
        [0, 100_000],
        [1, 99_999],
        [99_999, 1],
        [32_768, 32_768],
        [65_535, 2],
      ] as const) {
        const range = await store.getRange('a', { offset, length }, call);
        expect(range).toEqual(body.slice(offset, offset + length));
      }
    });

    it('of a range that passes the end find the object too short', async () => {
      const { store } = stores();
      await store.put('a', pattern(1000), call);
      await store.put('empty', new Uint8Array(0), call);
      expect(await kindOf(store.getRange('a', { offset: 999, length: 2 }, call))).toBe('corrupt');
      expect(await kindOf(store.getRange('a', { offset: 1000, length: 1 }, call))).toBe('corrupt');
      expect(await kindOf(store.getRange('a', { offset: 5000, length: 10 }, call))).toBe('corrupt');
      expect(await kindOf(store.getRange('empty', { offset: 0, length: 1 }, call))).toBe('corrupt');
    });

    it('of something that is no range are refused', async () => {
      const { store } = stores();
      await store.put('a', pattern(1000), call);
      for (const [offset, length] of [
        [0, 0],
        [-1, 2],
        [0, -1],
        [0.5, 1],
        [0, Number.NaN],
      ] as const) {
        expect(await kindOf(store.getRange('a', { offset, length }, call))).toBe('invalid');
      }
    });

    it('of a whole object have a limit', async () => {
      const { store } = stores();
      await store.put('a', pattern(1000), call);
      expect(await kindOf(store.get('a', { ...call, maxBytes: 999 }))).toBe('invalid');
      expect(await store.get('a', { ...call, maxBytes: 1000 })).toHaveLength(1000);
    });

    it('of the head tell name, size and when it was created', async () => {
      const { store } = stores();
      await store.put('a/b', pattern(1234), call);
      const head = await store.head('a/b', call);
      expect(head).toMatchObject({ name: 'a/b', size: 1234 });
      expect(Math.abs((head?.modifiedMs ?? 0) - Date.now())).toBeLessThan(10 * 60_000);
    });

    it('hand out bytes of their own', async () => {
      const { store } = stores();
      await putText(store, 'a', 'hello');
      (await bodyOf(store, 'a'))?.fill(0);
      (await store.getRange('a', { offset: 0, length: 5 }, call))?.fill(0);
      expect(await textOf(store, 'a')).toBe('hello');
    });
  });
}

function describeLists(stores: Stores): void {
  describe('lists', () => {
    const names = ['a', 'b/0', 'b/1/x', 'b/10', 'b/2', 'b0', 'c-1/x', 'c.1/x', 'c/x', 'c0/x', 'd'];

    it('hold every name with its size, in the order of bytes', async () => {
      const { store, other } = stores();
      for (const [i, name] of names.toReversed().entries()) await store.put(name, pattern(i), call);
      const all = await listAll(other, '');
      expect(all.map((object) => object.name)).toEqual(names);
      expect(all.map((object) => object.size)).toEqual(names.map((_, i) => names.length - 1 - i));
      for (const { modifiedMs } of all) expect(Math.abs(modifiedMs - Date.now())).toBeLessThan(10 * 60_000);
    });

    it('are cut to a prefix, which is no folder', async () => {
      const { store } = stores();
      for (const name of names) await putText(store, name, 'x');
      for (const prefix of ['b', 'b/', 'b/1', 'b/1/', 'c', 'c.', 'c/', 'd', 'e', 'b/1/x', 'b/1/xx']) {
        expect(await namesIn(store, prefix)).toEqual(names.filter((name) => name.startsWith(prefix)));
      }
    });

    it('come in pages without a gap or a repetition, whatever their size', async () => {
      const { store } = stores();
      for (const name of names) await putText(store, name, 'x');
      for (const limit of [1, 2, 3, names.length, names.length + 1]) {
        expect(await namesIn(store, '', limit)).toEqual(names);
        expect(await namesIn(store, 'b', limit)).toEqual(names.filter((name) => name.startsWith('b')));
      }
    });

    it('show what was created and not what was deleted, at once', async () => {
      const { store, other } = stores();
      for (let i = 0; i < 10; i++) {
        await putText(store, `x/${i}`, 'x');
        expect(await namesIn(other, 'x/')).toHaveLength(i + 1);
      }
      for (let i = 0; i < 10; i++) {
        await other.delete(`x/${i}`, call);
        expect(await namesIn(store, 'x/')).toHaveLength(9 - i);
      }
      expect(await store.list({ prefix: '', limit: 10 }, call)).toEqual({ objects: [], nextCursor: undefined });
    });

    it('need a prefix that names can have, and a page of at least one and at most a thousand', async () => {
      const { store } = stores();
      for (const prefix of ['/', 'a//', 'é']) {
        expect(await kindOf(store.list({ prefix, limit: 1 }, call))).toBe('invalid');
      }
      for (const limit of [0, 1001, 1.5]) expect(await kindOf(store.list({ prefix: '', limit }, call))).toBe('invalid');
    });
  });
}

function describeDeletes(stores: Stores): void {
  describe('deletes', () => {
    it('remove the object for everybody, twice as well as once', async () => {
      const { store, other } = stores();
      await putText(store, 'a/b', 'x');
      await putText(store, 'a/c', 'y');
      await other.delete('a/b', call);
      await other.delete('a/b', call);
      await store.delete('never', call);
      expect(await bodyOf(store, 'a/b')).toBeUndefined();
      expect(await store.head('a/b', call)).toBeUndefined();
      expect(await textOf(store, 'a/c')).toBe('y');
    });

    it('leave nothing in the way of the name, or of a shorter one', async () => {
      const { store } = stores();
      await putText(store, 'a/b/c', 'x');
      await store.delete('a/b/c', call);
      await putText(store, 'a/b', 'y');
      await store.delete('a/b', call);
      await putText(store, 'a/b/c', 'z');
      expect(await namesIn(store, '')).toEqual(['a/b/c']);
    });

    it('and creations beside each other lose nothing', async () => {
      const { store, other } = stores();
      await Promise.all(
        Array.from({ length: 8 }, async (_, i) => {
          await store.put(`x/y/gone-${i}`, utf8('x'), call);
          await Promise.all([other.delete(`x/y/gone-${i}`, call), store.put(`x/y/kept-${i}`, utf8('k'), call)]);
        }),
      );
      expect(await namesIn(store, 'x/')).toEqual(Array.from({ length: 8 }, (_, i) => `x/y/kept-${i}`));
    });
  });
}
