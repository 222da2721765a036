// SPDX-License-Identifier: Apache-2.0
import { describeCacheFiles } from '../src/ports/testing/cache-files-contract.ts';
import { MemoryCacheFiles } from './memory-cache-files.ts';

describeCacheFiles('MemoryCacheFiles', () => ({
  open: async () => new MemoryCacheFiles(),
  dispose: async () => {},
}));
