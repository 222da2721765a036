// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from '../../ports/clock.ts';

interface Delayed {
  readonly dueMs: number;
  readonly cancel: CancelTimer;
}

/** Keys that become due later, each once: the earliest time wins. */
export class DelayedKeys {
  readonly #clock: Clock;
  readonly #onDue: (key: string) => void;
  readonly #delayed = new Map<string, Delayed>();

  constructor(clock: Clock, onDue: (key: string) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#delayed.size;
  }

  add(key: string, delayMs: number): void {
    const dueMs = this.#clock.monotonicMs() + delayMs;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined) {
      if (earlier.dueMs <= dueMs) return;
      earlier.cancel();
    }
    const cancel = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.#onDue(key);
    });
    this.#delayed.set(key, { dueMs, cancel });
  }

  clear(): void {
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
  }
}
