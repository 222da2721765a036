// SPDX-License-Identifier: Apache-2.0
import { assert } from './assert.ts';

export interface TokenBucketOptions {
  /** Tokens that are added a second. */
  readonly perSecond: number;
  /** Tokens that an idle bucket holds. */
  readonly burst: number;
}

/** A rate limit with bursts. Time is whatever monotonic milliseconds the caller passes. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number | undefined;

  constructor({ perSecond, burst }: TokenBucketOptions) {
    assert(perSecond > 0 && burst >= 1, `a token bucket needs a rate above 0 and a burst of at least 1`);
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes a token, if need be from the future. @returns milliseconds after which the caller may go on. */
  reserve(nowMs: number): number {
    this.#refill(nowMs);
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs;
  }

  /** Takes a token if there is one. */
  tryTake(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Gives a reserved token back that was not used. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - (this.#atMs ?? nowMs));
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsedMs * this.#perMs);
    this.#atMs = nowMs;
  }
}
