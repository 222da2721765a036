// SPDX-License-Identifier: Apache-2.0
import type { ChunkUpkeep, UpkeepJob, UpkeepRequest } from '../../ports/chunk-upkeep.ts';
import { BatchingPoster } from './channel.ts';
import type { Channel } from './channel.ts';

/** `request` undefined: only the state of the job is asked for. */
export interface ToUpkeep {
  readonly id: number;
  readonly request: UpkeepRequest | undefined;
}

export interface FromUpkeep {
  readonly id: number;
  readonly job: UpkeepJob | undefined;
}

/** Looking after the chunks, as another thread asks for it. */
export class RemoteUpkeep implements ChunkUpkeep {
  readonly #poster: BatchingPoster<ToUpkeep>;
  readonly #waitingById = new Map<number, (job: UpkeepJob | undefined) => void>();
  #nextId = 1;

  constructor(channel: Channel<ToUpkeep, FromUpkeep>, soon: (run: () => void) => void) {
    this.#poster = new BatchingPoster(channel, soon);
    channel.onBatch((batch) => {
      for (const { id, job } of batch) {
        this.#waitingById.get(id)?.(job);
        this.#waitingById.delete(id);
      }
    });
  }

  async start(request: UpkeepRequest): Promise<UpkeepJob | undefined> {
    return this.#ask(request);
  }

  async job(): Promise<UpkeepJob | undefined> {
    return this.#ask(undefined);
  }

  async #ask(request: UpkeepRequest | undefined): Promise<UpkeepJob | undefined> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waitingById.set(id, resolve);
      this.#poster.post({ id, request });
    });
  }
}

/** Serves one other thread from the thread that makes chunks. */
export function serveUpkeep(
  upkeep: ChunkUpkeep,
  channel: Channel<FromUpkeep, ToUpkeep>,
  soon: (run: () => void) => void,
): void {
  const poster = new BatchingPoster<FromUpkeep>(channel, soon);
  channel.onBatch((batch) => {
    for (const { id, request } of batch) {
      const asked = request === undefined ? upkeep.job() : upkeep.start(request);
      void asked.then((job) => poster.post({ id, job }));
    }
  });
}
