// SPDX-License-Identifier: Apache-2.0
import type { MessagePort } from 'node:worker_threads';
import type { Channel } from '../engine/client/channel.ts';

/** A pipe over a MessagePort. Does not keep its thread alive by itself. */
export function portChannel<Out, In>(port: MessagePort): Channel<Out, In> {
  return {
    post: (batch) => port.postMessage(batch),
    onBatch: (receive) => {
      port.on('message', receive);
    },
  };
}

/** At the end of this turn of the event loop, when all that has arrived was handled. */
export function soon(run: () => void): void {
  setImmediate(run);
}

/** As soon as what runs now is done: batches only what is posted by one piece of work, and makes nobody wait. */
export function atOnce(run: () => void): void {
  queueMicrotask(run);
}
