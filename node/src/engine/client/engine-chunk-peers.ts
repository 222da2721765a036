// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ChunkPeers, CopyRange } from '../../ports/chunk-peers.ts';
import { encodeCopyRange } from '../chunks/copy-range-codec.ts';
import type { EngineApi } from '../engine-api.ts';

/** Copies on other nodes, asked for over the streams that the engine keeps. */
export class EngineChunkPeers implements ChunkPeers {
  readonly #engine: EngineApi;

  constructor(engine: EngineApi) {
    this.#engine = engine;
  }

  async read(node: NodeId, range: CopyRange, timeoutMs: number): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      this.#engine.askForCopy(node, { payload: encodeCopyRange(range), timeoutMs }, (status, payload) =>
        resolve(status === 'ok' && payload.length === range.length ? payload : undefined),
      );
    });
  }
}
