// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';
import { ObjectStoreError } from '../../ports/object-store.ts';

/** Work that fails is begun again at once, and gives up after less than this: what was not seen for so long is over. */
const currentMs = 3 * 60_000;

/** What is wrong between a node and the object store, in words that its heartbeats carry to whoever looks after the cluster. */
export class StoreTrouble {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #last: { readonly work: string; readonly text: string; readonly atMs: number } | undefined;
  #closed: string | undefined;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** A piece of work gave up after all its attempts. What the store is not to blame for is not counted. */
  failed(work: string, error: unknown): void {
    if (!(error instanceof ObjectStoreError)) return;
    this.#last = { work, text: `${work}: ${error.message}`, atMs: this.#clock.monotonicMs() };
  }

  /** The work was tried again, and ended well. */
  done(work: string): void {
    if (this.#last?.work === work) this.#last = undefined;
  }

  /** Something was written to the store. */
  written(): void {
    this.#last = undefined;
  }

  /** Why nothing may be written to the store as yet; undefined: it may. */
  closed(why: string | undefined): void {
    this.#closed = why;
  }

  get text(): string | undefined {
    if (this.#closed !== undefined) return this.#closed;
    if (this.#last === undefined || this.#clock.monotonicMs() - this.#last.atMs > currentMs) return undefined;
    return this.#last.text;
  }
}
