// SPDX-License-Identifier: Apache-2.0
import type { EngineApi } from '../engine-api.ts';
import { BatchingPoster } from './channel.ts';
import type { Channel, FromEngine, ToEngine } from './channel.ts';

/** Serves one other thread from the engine's thread. */
export function serveEngine(
  engine: EngineApi,
  channel: Channel<FromEngine, ToEngine>,
  soon: (run: () => void) => void,
): void {
  const poster = new BatchingPoster<FromEngine>(channel, soon);
  engine.onMap((map) => poster.post({ type: 'map', map }));
  channel.onBatch((batch) => {
    for (const message of batch) handle(engine, message, (reply) => poster.post(reply));
  });
}

function handle(engine: EngineApi, message: ToEngine, reply: (message: FromEngine) => void): void {
  const { id } = message;
  switch (message.type) {
    case 'submit':
      return engine.submit(message.request, (status, payload) =>
        reply({ type: 'answer', id, status, payload: compact(payload) }),
      );
    case 'barrier':
      return engine.barrier(message.shard, message.timeoutMs, (outcome) => reply({ type: 'barrier', id, outcome }));
    case 'copy':
      return engine.askForCopy(message.node, message.question, (status, payload) =>
        reply({ type: 'answer', id, status, payload: compact(payload) }),
      );
    case 'carry':
      return engine.carry(message.facts, message.counts);
    case 'admin':
      return engine.admin(message.request, (response) => reply({ type: 'admin', id, response }));
  }
}

/** Copying a view to another thread copies its whole buffer, which may be a frame of megabytes. */
export function compact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
