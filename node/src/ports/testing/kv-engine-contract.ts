// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import type { Column, KeyRange, KvEngine, Row } from '../kv-engine.ts';
import { columns } from '../kv-engine.ts';

export interface KvEngineFixture {
  /** Opens the store; the same data each time. */
  open(): Promise<KvEngine>;
  /** Ends the store as kill -9 does, with everything that is not durable at risk, and opens it again. Undefined: cannot. */
  readonly crashAndReopen?: ((engine: KvEngine) => Promise<KvEngine>) | undefined;
  /** Removes everything. */
  dispose(): Promise<void>;
}

function range(gte: string, lt: string): KeyRange {
  return { gte: utf8(gte), lt: utf8(lt) };
}

function texts(rows: readonly Row[]): string[] {
  return rows.map((row) => `${fromUtf8(row.key)}=${fromUtf8(row.value)}`);
}

function putAll(engine: KvEngine, column: Column, pairs: Readonly<Record<string, string>>, sync = false): void {
  const batch = engine.batch();
  for (const [key, value] of Object.entries(pairs)) batch.put(column, utf8(key), utf8(value));
  engine.write(batch, { sync });
}

function getText(engine: KvEngine, column: Column, key: string): string | undefined {
  const value = engine.get(column, utf8(key));
  return value === undefined ? undefined : fromUtf8(value);
}

/** What every KvEngine promises. Registers tests; `fixture` makes an empty store for each. */
export function describeKvEngineContract(name: string, fixture: () => Promise<KvEngineFixture>): void {
  describe(`${name} keeps the contract of KvEngine`, () => {
    let current: KvEngineFixture;
    let engine: KvEngine;

    beforeEach(async () => {
      current = await fixture();
      engine = await current.open();
    });

    afterEach(async () => {
      await engine.close();
      await current.dispose();
    });

    async function reopen(): Promise<void> {
      await engine.close();
      engine = await current.open();
    }

    describePoints(() => engine);
    describeScans(() => engine);
    describeCursors(() => engine);
    describeRangeDeletes(() => engine, reopen);
    describeDurability(
      () => engine,
      reopen,
      async () => {
        if (current.crashAndReopen === undefined) return false;
        engine = await current.crashAndReopen(engine);
        return true;
      },
    );
  });
}

function describePoints(engine: () => KvEngine): void {
  describe('point reads and batches', () => {
    it('reads what was written, at once and in every column separately', () => {
      const store = engine();
      for (const column of columns) putAll(store, column, { k: `in ${column}` });
      for (const column of columns) expect(getText(store, column, 'k')).toBe(`in ${column}`);
      expect(store.get('state', utf8('other'))).toBeUndefined();
    });

    it('answers getMany in the order asked, with undefined where nothing is', () => {
      const store = engine();
      putAll(store, 'raft', { a: '1', c: '3' });
      const values = store.getMany('raft', [utf8('c'), utf8('b'), utf8('a'), utf8('c')]);
      expect(values.map((value) => value && fromUtf8(value))).toEqual(['3', undefined, '1', '3']);
      expect(store.getMany('raft', [])).toEqual([]);
    });

    it('shows nothing of a batch before it is written and everything afterwards', () => {
      const store = engine();
      putAll(store, 'state', { gone: 'x' });
      const batch = store.batch();
      batch.put('state', utf8('a'), utf8('1'));
      batch.put('meta', utf8('b'), utf8('2'));
      batch.delete('state', utf8('gone'));
      expect(batch.count).toBe(3);
      expect(getText(store, 'state', 'a')).toBeUndefined();
      expect(getText(store, 'state', 'gone')).toBe('x');
      store.write(batch, { sync: true });
      expect(getText(store, 'state', 'a')).toBe('1');
      expect(getText(store, 'meta', 'b')).toBe('2');
      expect(getText(store, 'state', 'gone')).toBeUndefined();
    });

    it('applies the operations of a batch in their order', () => {
      const store = engine();
      const batch = store.batch();
      batch.put('state', utf8('k'), utf8('1'));
      batch.delete('state', utf8('k'));
      batch.put('state', utf8('k'), utf8('2'));
      batch.put('state', utf8('d'), utf8('1'));
      batch.delete('state', utf8('d'));
      store.write(batch, { sync: false });
      expect(getText(store, 'state', 'k')).toBe('2');
      expect(getText(store, 'state', 'd')).toBeUndefined();
    });

    it('keeps batches apart that are filled at the same time', () => {
      const store = engine();
      const first = store.batch();
      const second = store.batch();
      first.put('state', utf8('k'), utf8('first'));
      second.put('state', utf8('k'), utf8('second'));
      store.write(second, { sync: false });
      expect(getText(store, 'state', 'k')).toBe('second');
      store.write(first, { sync: false });
      expect(getText(store, 'state', 'k')).toBe('first');
    });

    it('writes a batch only once', () => {
      const store = engine();
      const batch = store.batch();
      batch.put('state', utf8('k'), utf8('1'));
      store.write(batch, { sync: false });
      expect(() => store.write(batch, { sync: false })).toThrow(/written/);
      expect(() => batch.put('state', utf8('k'), utf8('2'))).toThrow(/written/);
    });

    it('accepts an empty batch, empty values, and keys and values of any bytes', () => {
      const store = engine();
      store.write(store.batch(), { sync: true });
      const batch = store.batch();
      const key = Uint8Array.of(0, 255, 0, 1);
      batch.put('state', key, new Uint8Array(0));
      batch.put('state', Uint8Array.of(255), Uint8Array.of(0, 0));
      store.write(batch, { sync: false });
      expect([...(store.get('state', key) ?? [1])]).toEqual([]);
      expect([...(store.get('state', Uint8Array.of(255)) ?? [])]).toEqual([0, 0]);
    });

    it('keeps its own copy of keys and values', () => {
      const store = engine();
      const key = utf8('key');
      const value = utf8('value');
      const batch = store.batch();
      batch.put('state', key, value);
      key.fill(0);
      value.fill(0);
      store.write(batch, { sync: false });
      expect(getText(store, 'state', 'key')).toBe('value');
      store.get('state', utf8('key'))?.fill(0);
      expect(getText(store, 'state', 'key')).toBe('value');
    });
  });
}

function describeScans(engine: () => KvEngine): void {
  describe('scans', () => {
    const rows = { a: '1', ab: '2', b: '3', c: '4', d: '5' };

    it('returns the rows of [gte, lt) in the order of bytes', () => {
      const store = engine();
      putAll(store, 'state', { ...rows, é: '6' });
      expect(texts(store.scan('state', range('a', 'd'), { limit: 100 }))).toEqual(['a=1', 'ab=2', 'b=3', 'c=4']);
      const all = { gte: new Uint8Array(0), lt: Uint8Array.of(255) };
      expect(texts(store.scan('state', all, { limit: 100 }))).toEqual(['a=1', 'ab=2', 'b=3', 'c=4', 'd=5', 'é=6']);
      expect(store.scan('raft', all, { limit: 100 })).toEqual([]);
    });

    it('compares keys as unsigned bytes', () => {
      const store = engine();
      const batch = store.batch();
      for (const byte of [0x80, 0x7f, 0xff, 0x00]) batch.put('state', Uint8Array.of(byte), utf8('v'));
      store.write(batch, { sync: false });
      const found = store.scan('state', { gte: new Uint8Array(0), lt: Uint8Array.of(255, 0) }, { limit: 10 });
      expect(found.map((row) => row.key[0])).toEqual([0x00, 0x7f, 0x80, 0xff]);
    });

    it('returns them from the end with reverse, under the same bounds', () => {
      const store = engine();
      putAll(store, 'state', rows);
      expect(texts(store.scan('state', range('a', 'd'), { limit: 2, reverse: true }))).toEqual(['c=4', 'b=3']);
      expect(texts(store.scan('state', range('ab', 'b'), { limit: 9, reverse: true }))).toEqual(['ab=2']);
    });

    it('stops at the limit of rows', () => {
      const store = engine();
      putAll(store, 'state', rows);
      expect(texts(store.scan('state', range('a', 'z'), { limit: 3 }))).toEqual(['a=1', 'ab=2', 'b=3']);
      expect(store.scan('state', range('a', 'z'), { limit: 0 })).toEqual([]);
    });

    it('stops after the row that passes maxBytes', () => {
      const store = engine();
      putAll(store, 'state', { a: 'x'.repeat(99), b: 'x'.repeat(99), c: 'x'.repeat(99) });
      expect(store.scan('state', range('a', 'z'), { limit: 9, maxBytes: 1 })).toHaveLength(1);
      expect(store.scan('state', range('a', 'z'), { limit: 9, maxBytes: 99 })).toHaveLength(1);
      expect(store.scan('state', range('a', 'z'), { limit: 9, maxBytes: 100 })).toHaveLength(2);
      expect(store.scan('state', range('a', 'z'), { limit: 9, maxBytes: 1000 })).toHaveLength(3);
    });

    it('finds nothing in a range that is empty or upside down', () => {
      const store = engine();
      putAll(store, 'state', rows);
      expect(store.scan('state', range('b', 'b'), { limit: 9 })).toEqual([]);
      expect(store.scan('state', range('d', 'a'), { limit: 9 })).toEqual([]);
      expect(store.scan('state', range('d', 'a'), { limit: 9, reverse: true })).toEqual([]);
    });

    it('sees overwrites and deletes', () => {
      const store = engine();
      putAll(store, 'state', rows);
      const batch = store.batch();
      batch.delete('state', utf8('ab'));
      batch.put('state', utf8('b'), utf8('new'));
      store.write(batch, { sync: false });
      expect(texts(store.scan('state', range('a', 'c'), { limit: 9 }))).toEqual(['a=1', 'b=new']);
    });
  });
}

function describeCursors(engine: () => KvEngine): void {
  describe('cursors', () => {
    it('hand out the rows in pages and then nothing', () => {
      const store = engine();
      putAll(store, 'state', { a: '1', b: '2', c: '3' });
      const cursor = store.cursor('state', range('a', 'z'));
      expect(texts(cursor.next(2))).toEqual(['a=1', 'b=2']);
      expect(texts(cursor.next(2))).toEqual(['c=3']);
      expect(cursor.next(2)).toEqual([]);
      expect(cursor.next(2)).toEqual([]);
      cursor.close();
    });

    it('end exactly at a full page without repeating a row', () => {
      const store = engine();
      putAll(store, 'state', { a: '1', b: '2' });
      const cursor = store.cursor('state', range('a', 'z'));
      expect(cursor.next(2)).toHaveLength(2);
      expect(cursor.next(2)).toEqual([]);
      cursor.close();
      cursor.close();
      expect(cursor.next(2)).toEqual([]);
    });

    it('show the rows of the moment they were opened, whatever is written meanwhile', () => {
      const store = engine();
      putAll(store, 'state', { a: '1', b: '2', c: '3', d: '4' });
      const cursor = store.cursor('state', range('a', 'z'));
      expect(texts(cursor.next(1))).toEqual(['a=1']);
      const batch = store.batch();
      batch.put('state', utf8('b'), utf8('changed'));
      batch.put('state', utf8('bb'), utf8('new'));
      batch.delete('state', utf8('c'));
      store.write(batch, { sync: true });
      store.deleteRange('state', range('d', 'e'));
      expect(texts(cursor.next(10))).toEqual(['b=2', 'c=3', 'd=4']);
      cursor.close();
      expect(texts(store.scan('state', range('a', 'z'), { limit: 9 }))).toEqual(['a=1', 'b=changed', 'bb=new']);
    });

    it('keep to their moment over many pages of rows', () => {
      const store = engine();
      const keys = Array.from({ length: 1000 }, (_, i) => `k${String(i).padStart(4, '0')}`);
      putAll(store, 'state', Object.fromEntries(keys.map((key) => [key, 'old'])));
      const cursor = store.cursor('state', range('k', 'l'));
      putAll(store, 'state', Object.fromEntries(keys.map((key) => [`${key}x`, 'new'])));
      store.deleteRange('state', range('k05', 'k07'));
      putAll(store, 'state', Object.fromEntries(keys.map((key) => [key, 'new'])));
      const found: string[] = [];
      for (let page = cursor.next(37); page.length > 0; page = cursor.next(37)) found.push(...texts(page));
      cursor.close();
      expect(found).toEqual(keys.map((key) => `${key}=old`));
    });

    it('go to any row of their moment, before or behind where they are, also from their end', () => {
      const store = engine();
      putAll(store, 'state', { a: '1', c: '3', e: '5', z: 'outside' });
      const cursor = store.cursor('state', range('a', 'z'));
      putAll(store, 'state', { c: 'changed', d: 'new' });
      cursor.seek(utf8('c'));
      expect(texts(cursor.next(1))).toEqual(['c=3']);
      cursor.seek(utf8('d'));
      expect(texts(cursor.next(9))).toEqual(['e=5']);
      expect(cursor.next(1)).toEqual([]);
      cursor.seek(utf8('a'));
      expect(texts(cursor.next(2))).toEqual(['a=1', 'c=3']);
      cursor.seek(utf8('y'));
      expect(cursor.next(1)).toEqual([]);
      cursor.close();
    });

    it('over an empty range return nothing', () => {
      const cursor = engine().cursor('state', range('b', 'a'));
      expect(cursor.next(5)).toEqual([]);
      cursor.close();
    });
  });
}

function describeRangeDeletes(engine: () => KvEngine, reopen: () => Promise<void>): void {
  describe('range deletes', () => {
    it('remove [gte, lt) of one column, twice as well as once', () => {
      const store = engine();
      putAll(store, 'state', { a: '1', b: '2', c: '3', d: '4' });
      putAll(store, 'raft', { b: '2' });
      store.deleteRange('state', range('b', 'd'));
      store.deleteRange('state', range('b', 'd'));
      expect(texts(store.scan('state', range('a', 'z'), { limit: 9 }))).toEqual(['a=1', 'd=4']);
      expect(getText(store, 'state', 'b')).toBeUndefined();
      expect(getText(store, 'raft', 'b')).toBe('2');
    });

    it('leave later writes of the range alone', () => {
      const store = engine();
      putAll(store, 'state', { b: 'old' });
      store.deleteRange('state', range('a', 'z'));
      putAll(store, 'state', { b: 'new' });
      expect(getText(store, 'state', 'b')).toBe('new');
    });

    it('do nothing for a range that is empty or upside down', () => {
      const store = engine();
      putAll(store, 'state', { b: '1' });
      store.deleteRange('state', range('b', 'b'));
      store.deleteRange('state', range('z', 'a'));
      expect(getText(store, 'state', 'b')).toBe('1');
    });

    it('are durable with the next synchronous write', async () => {
      putAll(engine(), 'state', { a: '1', b: '2' }, true);
      engine().deleteRange('state', range('a', 'b'));
      putAll(engine(), 'meta', { m: '1' }, true);
      await reopen();
      expect(getText(engine(), 'state', 'a')).toBeUndefined();
      expect(getText(engine(), 'state', 'b')).toBe('2');
    });
  });
}

function describeDurability(engine: () => KvEngine, reopen: () => Promise<void>, crash: () => Promise<boolean>): void {
  describe('durability', () => {
    it('finds everything again after an orderly close', async () => {
      for (const column of columns) putAll(engine(), column, { k: column });
      await reopen();
      for (const column of columns) expect(getText(engine(), column, 'k')).toBe(column);
    });

    it('finds synchronous writes, and all writes before them, after a crash', async (context) => {
      putAll(engine(), 'state', { before: '1' });
      putAll(engine(), 'raft', { synced: '2' }, true);
      putAll(engine(), 'state', { after: '3' });
      if (!(await crash())) return context.skip('this fixture cannot crash');
      expect(getText(engine(), 'state', 'before')).toBe('1');
      expect(getText(engine(), 'raft', 'synced')).toBe('2');
    });

    it('refuses every call after its close', async () => {
      const store = engine();
      const batch = store.batch();
      const cursor = store.cursor('state', range('a', 'z'));
      await store.close();
      await store.close();
      expect(() => store.get('state', utf8('a'))).toThrow(/closed/);
      expect(() => store.scan('state', range('a', 'z'), { limit: 1 })).toThrow(/closed/);
      expect(() => store.write(batch, { sync: true })).toThrow(/closed/);
      expect(() => store.deleteRange('state', range('a', 'z'))).toThrow(/closed/);
      expect(() => cursor.next(1)).toThrow(/closed/);
      cursor.close();
    });
  });
}
