// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { CacheFiles } from '../cache-files.ts';

export interface CacheFilesFixture {
  /** Each call is another process on the same disk. */
  open(): Promise<CacheFiles>;
  dispose(): Promise<void>;
}

/** What every implementation of CacheFiles promises. */
export function describeCacheFiles(title: string, fixtureOf: () => CacheFilesFixture): void {
  describe(`${title} keeps the contract of CacheFiles`, () => {
    let fixture: CacheFilesFixture | undefined;
    const open = async (): Promise<CacheFiles> => {
      fixture ??= fixtureOf();
      return fixture.open();
    };
    afterEach(async () => {
      await fixture?.dispose();
      fixture = undefined;
    });

    it('appends to numbered files and reads exactly a range of them', async () => {
      const files = await open();
      expect(await files.append(1, utf8('abc'))).toBeUndefined();
      expect(await files.append(2, utf8('xyz'))).toBeUndefined();
      expect(await files.append(1, utf8('def'))).toBeUndefined();
      expect(await files.read(1, 2, 3)).toEqual(utf8('cde'));
      expect(await files.read(2, 0, 3)).toEqual(utf8('xyz'));
      expect(await files.read(1, 4, 3), 'past the end').toBeUndefined();
      expect(await files.read(3, 0, 1), 'no such file').toBeUndefined();
    });

    it('removes a file, more than once, and begins it anew', async () => {
      const files = await open();
      await files.append(1, utf8('abc'));
      await files.remove(1);
      await files.remove(1);
      expect(await files.read(1, 0, 3)).toBeUndefined();
      expect(await files.append(1, utf8('new'))).toBeUndefined();
      expect(await files.read(1, 0, 3)).toEqual(utf8('new'));
    });

    it('begins empty, whatever a process before it left', async () => {
      await (await open()).append(1, utf8('abc'));
      const files = await open();
      expect(await files.read(1, 0, 3)).toBeUndefined();
      expect(await files.append(1, utf8('x'))).toBeUndefined();
      expect(await files.read(1, 0, 1)).toEqual(utf8('x'));
    });
  });
}
