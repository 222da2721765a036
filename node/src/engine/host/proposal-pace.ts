// SPDX-License-Identifier: Apache-2.0

/** From the start of one bundle to the next, while writes come in company. */
const intervalMs = 5;
/** Writes of the last bundle from which on the next one waits for company. */
const companyWrites = 4;
/** So much of what waits is company enough. */
const enoughBytes = 8 * 1024;

/**
 * When a leader proposes what waits. A bundle costs the cluster some milliseconds of CPU whatever it holds, so where writes
 * come one after the other they wait for each other, up to 5 ms; a write that comes alone goes at once (ADR 0028).
 */
export class ProposalPace {
  #lastStartMs = Number.NEGATIVE_INFINITY;
  #lastWrites = 0;

  /** Milliseconds until what waits should go; 0: now. */
  dueInMs(nowMs: number, waitingBytes: number): number {
    if (this.#lastWrites < companyWrites || waitingBytes >= enoughBytes) return 0;
    return Math.max(0, this.#lastStartMs + intervalMs - nowMs);
  }

  /** A bundle of so many writes was proposed. */
  started(nowMs: number, writes: number): void {
    this.#lastStartMs = nowMs;
    this.#lastWrites = writes;
  }
}
