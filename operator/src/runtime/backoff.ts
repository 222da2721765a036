// SPDX-License-Identifier: Apache-2.0
import type { Random } from '../ports/random.ts';

export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** The delay before try number `failures + 1`, without jitter: doubles from `baseMs`, up to `maxMs`. */
export function exponentialMs(failures: number, { baseMs, maxMs }: BackoffOptions): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(0, failures - 1), 40));
}

/** Delays between tries that fail one after the other; half of each is random, so that many clients do not move in step. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #failures = 0;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure. @returns milliseconds to wait, never more than `maxMs`. */
  nextMs(): number {
    this.#failures++;
    return exponentialMs(this.#failures, this.#options) * (0.5 + this.#random.fraction() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** `ms`, give or take a tenth, so that what is done regularly is not done by all at once. */
export function jittered(ms: number, random: Random): number {
  return ms * (0.9 + 0.2 * random.fraction());
}
