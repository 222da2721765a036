// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeKvEngineContract } from '../../ports/testing/kv-engine-contract.ts';
import { RocksKvEngine } from './rocks-kv-engine.ts';

describeKvEngineContract('RocksKvEngine', async () => {
  const path = await mkdtemp(join(tmpdir(), 'shortlink-rocks-'));
  return {
    open: () => RocksKvEngine.open({ path }),
    dispose: () => rm(path, { recursive: true, force: true }),
  };
});
