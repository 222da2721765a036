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
