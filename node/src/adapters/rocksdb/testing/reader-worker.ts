// SPDX-License-Identifier: Apache-2.0
// Reads a store of the main thread: each message is a key of `state`, each answer its value or what went wrong.
import { parentPort, workerData } from 'node:worker_threads';
import { defined } from '@shortlink/common/assert.ts';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import type { RocksHandle } from '../rocks-kv-engine.ts';
import { attachReader } from '../rocks-kv-engine.ts';

const port = defined(parentPort, 'parent of the worker');
const handle: RocksHandle = workerData;
const reader = attachReader(handle);
const cursor = reader.cursor('state', { gte: utf8('a'), lt: utf8('z') });
port.on('message', (key: string) => {
  if (key === 'end') {
    cursor.close();
    port.close();
    return;
  }
  try {
    const value = reader.get('state', utf8(key));
    port.postMessage(value === undefined ? 'nothing' : fromUtf8(value));
  } catch (error) {
    port.postMessage(error instanceof Error ? `${error.name}: ${error.message}` : 'unknown');
  }
});
port.postMessage('ready');
