// SPDX-License-Identifier: Apache-2.0
import type { ColdAnswer, ColdQuery, ColdTier } from '../../ports/cold-tier.ts';
import { BatchingPoster } from './channel.ts';
import type { Channel } from './channel.ts';

export interface ToColdTier {
  readonly id: number;
  readonly query: ColdQuery;
  readonly timeoutMs: number;
}

export interface FromColdTier {
  readonly id: number;
  readonly answer: ColdAnswer;
}

/** The chunks as another thread sees them. That thread answers everything by its deadline. */
export class RemoteColdTier implements ColdTier {
  readonly #poster: BatchingPoster<ToColdTier>;
  readonly #waitingById = new Map<number, (answer: ColdAnswer) => void>();
  #nextId = 1;

  constructor(channel: Channel<ToColdTier, FromColdTier>, soon: (run: () => void) => void) {
    this.#poster = new BatchingPoster(channel, soon);
    channel.onBatch((batch) => {
      for (const { id, answer } of batch) {
        this.#waitingById.get(id)?.(answer);
        this.#waitingById.delete(id);
      }
    });
  }

  async query(query: ColdQuery, timeoutMs: number): Promise<ColdAnswer> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waitingById.set(id, resolve);
      this.#poster.post({ id, query, timeoutMs });
    });
  }
}

/** Serves one other thread from the thread that reads chunks. */
export function serveColdTier(
  coldTier: ColdTier,
  channel: Channel<FromColdTier, ToColdTier>,
  soon: (run: () => void) => void,
): void {
  const poster = new BatchingPoster<FromColdTier>(channel, soon);
  channel.onBatch((batch) => {
    for (const { id, query, timeoutMs } of batch) {
      void coldTier.query(query, timeoutMs).then((answer) => poster.post({ id, answer }));
    }
  });
}
