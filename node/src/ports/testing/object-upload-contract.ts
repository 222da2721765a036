// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '@shortlink/common/bytes.ts';
import type { ObjectStore, ObjectUpload } from '../object-store.ts';
import {
  bodyOf,
  call,
  kindOf,
  listAll,
  namesIn,
  pattern,
  putText,
  textOf,
  type Stores,
  type StoreTraits,
} from './object-store-kit.ts';

interface Begun {
  readonly upload: ObjectUpload;
  readonly partBytes: number;
  readonly parts: readonly Uint8Array[];
  readonly whole: Uint8Array;
}

/** An upload of `count` parts, of which the last is short; nothing is written yet. */
async function begin(store: ObjectStore, name: string, count = 2, seed = 1): Promise<Begun> {
  const partBytes = Math.max(store.minPartBytes, 1000);
  const lengths = Array.from({ length: count }, (_, i) => (i === count - 1 ? 123 : partBytes));
  const parts = lengths.map((length, i) => pattern(length, seed * 100 + i));
  return {
    upload: await store.startUpload(name, { ...call, partBytes }),
    partBytes,
    parts,
    whole: concatBytes(...parts),
  };
}

async function writeAll({ upload, parts }: Begun): Promise<void> {
  for (const [i, part] of parts.entries()) await upload.writePart(i + 1, part, call);
}

async function expectBody(store: ObjectStore, name: string, body: Uint8Array): Promise<void> {
  const found = await bodyOf(store, name);
  // Not toEqual: to say how two large bodies differ takes minutes.
  expect(found?.length).toBe(body.length);
  expect(found !== undefined && Buffer.compare(found, body)).toBe(0);
}

export function describeUploads(stores: Stores): void {
  describe('an upload', () => {
    it('shows nothing before it is complete, and then all of it', async () => {
      const { store, other } = stores();
      const begun = await begin(store, 'u/a', 3);
      await writeAll(begun);
      expect(await other.head('u/a', call)).toBeUndefined();
      expect(await namesIn(other, '')).toEqual([]);
      expect(await begun.upload.complete(call)).toBe('created');
      await expectBody(other, 'u/a', begun.whole);
      expect(await listAll(other, 'u/')).toMatchObject([{ name: 'u/a', size: begun.whole.length }]);
      const { partBytes, whole } = begun;
      const range = await other.getRange('u/a', { offset: partBytes - 10, length: 20 }, call);
      expect(range).toEqual(whole.slice(partBytes - 10, partBytes + 10));
    });

    it('takes its parts in any order, at the same time, and again', async () => {
      const { store } = stores();
      const { upload, parts, whole } = await begin(store, 'a', 3);
      const [first, second, third] = parts;
      if (first === undefined || second === undefined || third === undefined) throw new Error('three parts');
      await upload.writePart(3, pattern(400, 7), call);
      await upload.writePart(2, pattern(second.length, 8), call);
      await Promise.all([
        upload.writePart(3, third, call),
        upload.writePart(1, first, call),
        upload.writePart(2, second, call),
      ]);
      expect(await upload.complete(call)).toBe('created');
      await expectBody(store, 'a', whole);
    });

    it('of one short part makes an object too', async () => {
      const { store } = stores();
      const begun = await begin(store, 'a', 1);
      await writeAll(begun);
      expect(await begun.upload.complete(call)).toBe('created');
      await expectBody(store, 'a', begun.whole);
    });

    it('takes the bytes of the moment of the call', async () => {
      const { store } = stores();
      const { upload, parts, whole } = await begin(store, 'a', 1);
      const buffer = concatBytes(Uint8Array.of(1, 2), parts[0] ?? new Uint8Array(0), Uint8Array.of(3));
      const body = buffer.subarray(2, -1);
      const write = upload.writePart(1, body, call);
      body.fill(0);
      await write;
      await upload.complete(call);
      await expectBody(store, 'a', whole);
    });

    it('refuses a part that does not match its checksum', async () => {
      const { store } = stores();
      const { upload, parts, whole } = await begin(store, 'a', 1);
      const body = parts[0] ?? new Uint8Array(0);
      expect(await kindOf(upload.writePart(1, body, { ...call, crc32: (crc32(body) ^ 1) >>> 0 }))).toBe('corrupt');
      await upload.writePart(1, body, { ...call, crc32: crc32(body) });
      expect(await upload.complete(call)).toBe('created');
      await expectBody(store, 'a', whole);
    });

    it('refuses parts of other numbers and sizes, and to be complete with a gap', async () => {
      const { store } = stores();
      const { upload, partBytes, parts } = await begin(store, 'a', 2);
      for (const number of [0, -1, 1.5, 10_001]) {
        expect(await kindOf(upload.writePart(number, pattern(10), call))).toBe('invalid');
      }
      expect(await kindOf(upload.writePart(1, new Uint8Array(0), call))).toBe('invalid');
      expect(await kindOf(upload.writePart(1, pattern(partBytes + 1), call))).toBe('invalid');
      expect(await kindOf(upload.complete(call))).toBe('invalid');
      await upload.writePart(2, parts[1] ?? new Uint8Array(0), call);
      expect(await kindOf(upload.complete(call))).toBe('invalid');
      await upload.writePart(1, pattern(10), call);
      expect(await kindOf(upload.complete(call))).toBe('invalid');
      expect(await store.head('a', call)).toBeUndefined();
      await upload.writePart(1, parts[0] ?? new Uint8Array(0), call);
      expect(await upload.complete(call)).toBe('created');
    });

    it('has parts that the store takes', async () => {
      const { store } = stores();
      const tooSmall = store.minPartBytes - 1;
      expect(await kindOf(store.startUpload('a', { ...call, partBytes: tooSmall }))).toBe('invalid');
    });
  });
}

export function describeUploadEnds(stores: Stores, traits: StoreTraits): void {
  describe('an upload', () => {
    it('never overwrites: a whole object that was there first stays', async () => {
      const { store, other } = stores();
      const begun = await begin(store, 'a');
      await writeAll(begun);
      await putText(other, 'a', 'first');
      expect(await begun.upload.complete(call)).toBe('exists');
      expect(await textOf(store, 'a')).toBe('first');
      await begun.upload.abort(call);
      expect(await textOf(store, 'a')).toBe('first');
    });

    it('wins or loses against others as a whole object does', async () => {
      const { store, other } = stores();
      const uploads = await Promise.all(
        [1, 2, 3, 4].map(async (seed) => begin(seed % 2 === 0 ? store : other, 'race', 1, seed)),
      );
      await Promise.all(uploads.map(writeAll));
      const bodies = [pattern(50, 21), pattern(60, 22)];
      const outcomes = await Promise.all([
        ...uploads.map(async ({ upload }) => upload.complete(call)),
        ...bodies.map(async (body) => other.put('race', body, call)),
      ]);
      const winners = [...uploads.map(({ whole }) => whole), ...bodies].filter((_, i) => outcomes[i] === 'created');
      expect(winners).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'exists')).toHaveLength(5);
      expect(await bodyOf(store, 'race')).toEqual(winners[0]);
      await Promise.all(uploads.map(async ({ upload }) => upload.abort(call)));
    });

    it('that is complete stays so when it is completed or aborted again', async () => {
      const { store } = stores();
      const begun = await begin(store, 'a', 1);
      await writeAll(begun);
      expect(await begun.upload.complete(call)).toBe('created');
      expect(await begun.upload.complete(call)).toBeOneOf(['created', 'exists', 'gone']);
      await begun.upload.abort(call);
      await begun.upload.abort(call);
      await expectBody(store, 'a', begun.whole);
    });

    it('leaves nothing once it is aborted', async () => {
      const { store, other } = stores();
      const begun = await begin(store, 'a/b');
      await writeAll(begun);
      await begun.upload.abort(call);
      await begun.upload.abort(call);
      expect(await begun.upload.complete(call)).toBe('gone');
      expect(await kindOf(begun.upload.writePart(2, begun.parts[1] ?? new Uint8Array(0), call))).toBe('invalid');
      expect(await namesIn(other, '')).toEqual([]);
      expect(await other.abortUploads({ prefix: 'a/b', startedBeforeMs: Date.now() + 3_600_000 }, call)).toEqual([]);
    });

    it('that was left behind is found by name and age, and aborted', async () => {
      const { store, other } = stores();
      const hourAgo = Date.now() - 3_600_000;
      const inAnHour = Date.now() + 3_600_000;
      const left = await begin(store, 'left/one');
      const kept = await begin(store, 'kept/one');
      await writeAll(left);
      await writeAll(kept);
      const prefix = traits.listsUploadsByPrefix ? 'left/' : 'left/one';
      expect(await other.abortUploads({ prefix, startedBeforeMs: hourAgo }, call)).toEqual([]);
      expect(await other.abortUploads({ prefix, startedBeforeMs: inAnHour }, call)).toEqual(['left/one']);
      expect(await other.abortUploads({ prefix, startedBeforeMs: inAnHour }, call)).toEqual([]);
      expect(await left.upload.complete(call)).toBe('gone');
      expect(await kept.upload.complete(call)).toBe('created');
      await expectBody(other, 'kept/one', kept.whole);
    });
  });
}
