// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChunkFiles } from '../chunk-files.ts';

export interface ChunkFilesFixture {
  open(): Promise<ChunkFiles>;
  /** What a crash leaves, opened by the next process. */
  crash(): Promise<ChunkFiles>;
  dispose(): Promise<void>;
}

const name = 'cluster/chunks/00000001/0000-ab.chunk';

/** What every implementation of ChunkFiles promises. */
export function describeChunkFiles(title: string, fixtureOf: () => ChunkFilesFixture): void {
  describe(`${title} keeps the contract of ChunkFiles`, () => {
    let fixture: ChunkFilesFixture | undefined;
    const open = async (): Promise<ChunkFiles> => {
      fixture = fixtureOf();
      return fixture.open();
    };
    afterEach(async () => fixture?.dispose());

    async function write(files: ChunkFiles, to: string, text: string): Promise<void> {
      const file = await files.create(to);
      for (const character of text) await file.append(utf8(character));
      await file.finish();
    }

    it('reads exactly the range of a copy that was finished, and lists it', async () => {
      const files = await open();
      await write(files, name, 'abcdef');
      expect(await files.read(name, 0, 6)).toEqual(utf8('abcdef'));
      expect(await files.read(name, 2, 3)).toEqual(utf8('cde'));
      expect(await files.read(name, 4, 3), 'past the end').toBeUndefined();
      expect(await files.read('other', 0, 1)).toBeUndefined();
      expect(await files.list()).toEqual([{ name, sizeBytes: 6 }]);
    });

    it('shows nothing of a copy that is not finished, or was given up, or was cut off by a crash', async () => {
      const files = await open();
      const open1 = await files.create(name);
      await open1.append(utf8('abc'));
      expect(await files.list()).toEqual([]);
      expect(await files.read(name, 0, 3)).toBeUndefined();
      expect(await open1.read(1, 2), 'for whoever makes it').toEqual(utf8('bc'));
      expect(await open1.read(1, 3)).toBeUndefined();
      await open1.append(utf8('d'));
      expect(await open1.read(0, 4)).toEqual(utf8('abcd'));
      await open1.abort();
      const open2 = await files.create(name);
      await open2.append(utf8('abc'));
      await write(files, 'whole', 'w');
      const after = await fixture?.crash();
      expect(await after?.list()).toEqual([{ name: 'whole', sizeBytes: 1 }]);
      await open2.abort();
    });

    it('takes a new copy in the place of an old one, and removes one, more than once', async () => {
      const files = await open();
      await write(files, name, 'abc');
      expect(await files.read(name, 0, 3)).toEqual(utf8('abc'));
      await files.remove(name);
      await files.remove(name);
      expect(await files.read(name, 0, 3)).toBeUndefined();
      expect(await files.list()).toEqual([]);
      await write(files, name, 'xyz');
      expect(await files.read(name, 0, 3)).toEqual(utf8('xyz'));
    });

    it('lists while copies come and go', async () => {
      const files = await open();
      const names = Array.from({ length: 30 }, (_, i) => `n${i}`);
      for (const each of names) await write(files, each, each);
      const lists = [];
      for (const each of names)
        lists.push(
          files.list(),
          files.remove(each).then(() => []),
        );
      const seen = await Promise.all(lists);
      for (const list of seen) for (const file of list) expect(names).toContain(file.name);
      expect(await files.list()).toEqual([]);
    });

    it('keeps names that differ apart', async () => {
      const files = await open();
      for (const each of ['a/b', 'a_b', 'a%2Fb', 'a b', 'ü']) await write(files, each, each);
      expect((await files.list()).map((file) => file.name).toSorted()).toEqual(
        ['a/b', 'a_b', 'a%2Fb', 'a b', 'ü'].toSorted(),
      );
      expect(await files.read('a/b', 0, 3)).toEqual(utf8('a/b'));
    });
  });
}
