// SPDX-License-Identifier: Apache-2.0

export interface PaceOptions {
  /**
   * While many codes come, calls wait so long after the last ones for as many codes as come together at times: twice as
   * long as a call takes, within these bounds.
   */
  readonly minGapMs: number;
  readonly maxGapMs: number;
  /** So many codes are worth a call at any time. */
  readonly fullCodes: number;
  /** Codes a second from which on many come. */
  readonly busyCodesPerSecond: number;
}

/** How often it is judged how many codes come. */
const stretchMs = 50;
/** Of the mean duration of a call that the latest one makes up. */
const callShare = 1 / 8;

/**
 * When the next calls start. A call costs all replicas of a shard the same, however many codes it has, and what starts
 * together travels together. Usually codes gather while the call before is on its way; but where a confirmation takes
 * less time than the next codes need to come, that gathers nothing. So once there are so many codes that it matters,
 * calls wait a little for the size that they have had lately.
 */
export class CallPace {
  readonly #options: PaceOptions;
  #lastStartMs = Number.NEGATIVE_INFINITY;
  #stretchSinceMs = 0;
  #stretchCodes = 0;
  /** Codes of the largest start in this stretch and in the one before. */
  #largest = 0;
  #largestBefore = 0;
  #isBusy = false;
  #callMs = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** How long calls of so many codes, all together, should wait. */
  delayMs(codes: number, nowMs: number): number {
    this.#judge(nowMs);
    const { minGapMs, maxGapMs, fullCodes } = this.#options;
    const gapMs = Math.min(maxGapMs, Math.max(minGapMs, 2 * this.#callMs));
    const wanted = Math.min(fullCodes, Math.max(this.#largest, this.#largestBefore));
    return this.#isBusy && codes < wanted ? Math.max(0, this.#lastStartMs + gapMs - nowMs) : 0;
  }

  started(codes: number, nowMs: number): void {
    this.#lastStartMs = nowMs;
    this.#stretchCodes += codes;
    this.#largest = Math.max(this.#largest, codes);
  }

  /** A call has taken so long. */
  ended(durationMs: number): void {
    this.#callMs += (durationMs - this.#callMs) * callShare;
  }

  #judge(nowMs: number): void {
    const elapsedMs = nowMs - this.#stretchSinceMs;
    if (elapsedMs < stretchMs) return;
    this.#isBusy = (this.#stretchCodes / elapsedMs) * 1000 >= this.#options.busyCodesPerSecond;
    this.#stretchSinceMs = nowMs;
    this.#stretchCodes = 0;
    this.#largestBefore = this.#largest;
    this.#largest = 0;
  }
}
