// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeChunkFiles } from '../../ports/testing/chunk-files-contract.ts';
import { DiskChunkFiles } from './disk-chunk-files.ts';

describeChunkFiles('DiskChunkFiles', () => {
  const root = mkdtempSync(join(tmpdir(), 'chunk-files-'));
  const opened: DiskChunkFiles[] = [];
  const open = async (): Promise<DiskChunkFiles> => {
    const files = await DiskChunkFiles.open(join(root, 'chunks'));
    opened.push(files);
    return files;
  };
  return {
    open,
    crash: open,
    dispose: async () => {
      for (const files of opened) await files.close();
      rmSync(root, { recursive: true });
    },
  };
});
