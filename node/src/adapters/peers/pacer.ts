// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';

/** Spreads bytes over time, for all that share it together. */
export class Pacer {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  #freeAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Takes the next slot of the line. @returns milliseconds until it begins. */
  reserve(bytes: number): number {
    const now = this.#clock.monotonicMs();
    const startMs = Math.max(now, this.#freeAtMs);
    this.#freeAtMs = startMs + (bytes / this.#bytesPerSecond) * 1000;
    return startMs - now;
  }
}
