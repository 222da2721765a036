// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8 } from '@shortlink/common/bytes.ts';
import { expect, it } from 'vitest';
import { describeCacheFiles } from '../../ports/testing/cache-files-contract.ts';
import { DiskCacheFiles } from './disk-cache-files.ts';

function filesBelow(root: string) {
  const opened: DiskCacheFiles[] = [];
  return {
    open: async (): Promise<DiskCacheFiles> => {
      const files = await DiskCacheFiles.open(join(root, 'cache'));
      opened.push(files);
      return files;
    },
    dispose: async (): Promise<void> => {
      for (const files of opened) await files.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

describeCacheFiles('DiskCacheFiles', () => filesBelow(mkdtempSync(join(tmpdir(), 'cache-files-'))));

it('says that it is broken when the folder is gone, and gives nothing', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cache-files-'));
  const { open, dispose } = filesBelow(root);
  const files = await open();
  expect(files.freeBytes()).toBeGreaterThan(0);
  rmSync(join(root, 'cache'), { recursive: true });
  expect(await files.append(1, utf8('abc'))).toBe('broken');
  expect(await files.read(1, 0, 3)).toBeUndefined();
  await files.remove(1);
  await dispose();
});
