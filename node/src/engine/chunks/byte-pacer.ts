// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timers } from '../../ports/clock.ts';

/** Lets so many bytes a second pass, in the order of asking, so that what moves chunks leaves the disk and the network to Raft. */
export class BytePacer {
  readonly #bytesPerMs: number;
  readonly #clock: Clock;
  readonly #timers: Timers;
  #freeAtMs = 0;

  constructor(bytesPerSecond: number, clock: Clock, timers: Timers) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Resolves when these bytes may move. */
  async take(bytes: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const startMs = Math.max(nowMs, this.#freeAtMs);
    this.#freeAtMs = startMs + bytes / this.#bytesPerMs;
    if (startMs <= nowMs) return;
    await new Promise<void>((resolve) => {
      this.#timers.after(startMs - nowMs, resolve);
    });
  }
}
