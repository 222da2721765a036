// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';
import { ObjectStoreError } from '../../ports/object-store.ts';

/** Work that fails is begun again within a minute, and gives up within two: what was not seen for so long is over. */
const currentMs = 3 * 60_000;
/** Where something else succeeded meanwhile, most kinds of work were begun again by now. */
const doubtfulMs = 30_000;
const maxWorks = 100;

/** What is wrong between a node and the object store, in words that its heartbeats carry to whoever looks after the cluster. */
export class StoreTrouble {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** By work; those that failed last are at the end. */
  readonly #failures = new Map<string, { readonly message: string; readonly atMs: number }>();
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #closed: string | undefined;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** A piece of work gave up after all its attempts. What the store is not to blame for is not counted. */
  failed(work: string, error: unknown): void {
    if (!(error instanceof ObjectStoreError)) return;
    this.#failures.delete(work);
    this.#failures.set(work, { message: error.message, atMs: this.#clock.monotonicMs() });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > maxWorks && oldest !== undefined) this.#failures.delete(oldest);
  }

  /** The work was tried again, and ended well. */
  done(work: string): void {
    this.#failures.delete(work);
  }

  /** Something was written to the store. */
  written(): void {
    this.#writtenAtMs = this.#clock.monotonicMs();
  }

  /** Why nothing may be written to the store as yet; undefined: it may. */
  closed(why: string | undefined): void {
    this.#closed = why;
  }

  get text(): string | undefined {
    if (this.#closed !== undefined) return this.#closed;
    const nowMs = this.#clock.monotonicMs();
    for (const [work, { atMs }] of this.#failures) {
      const isOver = nowMs - atMs > (this.#writtenAtMs > atMs ? doubtfulMs : currentMs);
      if (isOver) this.#failures.delete(work);
    }
    const last = [...this.#failures].at(-1);
    return last === undefined ? undefined : `${last[0]}: ${last[1].message}`;
  }
}
