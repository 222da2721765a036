// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeKvEngineContract } from '../../ports/testing/kv-engine-contract.ts';
import { RocksKvEngine } from './rocks-kv-engine.ts';
import { copyStoreFiles } from './testing/store-copy.ts';

describeKvEngineContract('RocksKvEngine', async () => {
  const root = await mkdtemp(join(tmpdir(), 'shortlink-rocks-'));
  const path = join(root, 'store');
  return {
    open: () => RocksKvEngine.open({ path }),
    crashAndReopen: async (engine) => {
      // What a killed process leaves behind: the files as they are while the store is open.
      const copy = join(root, 'after-crash');
      copyStoreFiles(path, copy);
      await engine.close();
      return RocksKvEngine.open({ path: copy });
    },
    dispose: () => rm(root, { recursive: true, force: true }),
  };
});
