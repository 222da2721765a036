// SPDX-License-Identifier: Apache-2.0
import { setFlagsFromString } from 'node:v8';
import type { Worker } from 'node:worker_threads';

const flag = '--initial-old-space-size';

/**
 * Starts a thread whose garbage is collected as a whole only when `roomMib` MiB have come together. V8 counts what lies outside the
 * heap, the bytes of buffers, into a limit that it sets by the little that survives: a thread through which many
 * short-lived buffers go would be collected several times a second. A thread takes the setting when its heap is made,
 * so it is the process's until the thread runs; others that start in the meantime have more room than they need.
 */
export function startWithHeapRoom(roomMib: number, start: () => Worker): Worker {
  setFlagsFromString(`${flag}=${roomMib}`);
  const worker = start();
  const reset = (): void => setFlagsFromString(`${flag}=0`);
  worker.once('online', reset);
  worker.once('exit', reset);
  return worker;
}
