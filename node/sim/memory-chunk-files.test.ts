// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { expect, it } from 'vitest';
import { ChunkDiskFullError } from '../src/ports/chunk-files.ts';
import { describeChunkFiles } from '../src/ports/testing/chunk-files-contract.ts';
import { MemoryChunkFiles } from './memory-chunk-files.ts';

describeChunkFiles('MemoryChunkFiles', () => {
  const files = new MemoryChunkFiles();
  return { open: async () => files, crash: async () => files, dispose: async () => {} };
});

it('has a disk that can be full', async () => {
  const files = new MemoryChunkFiles();
  files.maxBytes = 2;
  const file = await files.create('a');
  await expect(file.append(utf8('abc'))).rejects.toBeInstanceOf(ChunkDiskFullError);
});
