// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import { reasonOf } from '../waiting.ts';

/** Nothing came for too long: the connection is taken for dead. */
export class InactivityError extends Error {
  override readonly name = 'InactivityError';
}

/** A signal that is aborted when nothing is heard for `limitMs`, or when `parent` is. */
export class InactivityGuard {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #parent: AbortSignal;
  readonly #controller = new AbortController();
  readonly #onAbort: () => void;
  #heardMs: number;
  #cancel: CancelTimer;

  constructor(clock: Clock, limitMs: number, parent: AbortSignal) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#parent = parent;
    this.#onAbort = () => this.#controller.abort(reasonOf(parent));
    this.#heardMs = clock.monotonicMs();
    this.#cancel = clock.after(limitMs, () => this.#check());
    if (parent.aborted) this.#onAbort();
    else parent.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something was heard. */
  touch(): void {
    this.#heardMs = this.#clock.monotonicMs();
  }

  stop(): void {
    this.#cancel();
    this.#parent.removeEventListener('abort', this.#onAbort);
  }

  // One timer for all events: it looks how long ago the last one was, and waits for the rest.
  #check(): void {
    const restMs = this.#heardMs + this.#limitMs - this.#clock.monotonicMs();
    if (restMs > 0) this.#cancel = this.#clock.after(restMs, () => this.#check());
    else this.#controller.abort(new InactivityError(`nothing was heard for ${this.#limitMs} ms`));
  }
}
