// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timers } from '../../ports/clock.ts';
import { ObjectStoreError } from '../../ports/object-store.ts';
import type { Random } from '../../ports/random.ts';

export interface RetryPolicy {
  /** All attempts of one call, the first one included. */
  readonly maxAttempts: number;
  /** Pause after the first attempt; it doubles with each one, and half of it is chance. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** What one attempt may take, besides the bytes that it moves. */
  readonly attemptTimeoutMs: number;
  /** Rate below which moving bytes counts as hanging. */
  readonly minBytesPerSecond: number;
}

/** Six attempts within some five seconds of pauses: longer troubles are for those who ask again by themselves. */
export const usualRetryPolicy: RetryPolicy = {
  maxAttempts: 6,
  baseDelayMs: 100,
  maxDelayMs: 5000,
  attemptTimeoutMs: 10_000,
  minBytesPerSecond: 2 ** 20,
};

export interface RetrierDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** When a call must have ended, with all its attempts. By the monotonic clock. */
export type DeadlineMs = number;

/** Makes attempts until one succeeds, fails for good, or the call is over. */
export class Retrier {
  readonly #deps: RetrierDeps;
  readonly #policy: RetryPolicy;

  constructor(deps: RetrierDeps, policy: RetryPolicy) {
    this.#deps = deps;
    this.#policy = policy;
  }

  deadline(timeoutMs: number): DeadlineMs {
    return this.#deps.clock.monotonicMs() + timeoutMs;
  }

  /**
   * `attempt` is told how long it may take; it moves about so many bytes.
   * @throws ObjectStoreError: that of the last attempt.
   */
  async run<T>(deadline: DeadlineMs, bytes: number, attempt: (timeoutMs: number) => Promise<T>): Promise<T> {
    const limitMs = this.#policy.attemptTimeoutMs + (bytes * 1000) / this.#policy.minBytesPerSecond;
    for (let made = 1; ; made++) {
      try {
        return await attempt(Math.max(1, Math.ceil(Math.min(limitMs, this.#leftMs(deadline)))));
      } catch (error) {
        if (!(error instanceof ObjectStoreError) || !error.retryable) throw error;
        const pauseMs = this.#pauseMs(made);
        if (made >= this.#policy.maxAttempts || pauseMs >= this.#leftMs(deadline)) {
          throw made === 1
            ? error
            : new ObjectStoreError(error.kind, `${error.message} (attempt ${made})`, { cause: error });
        }
        await this.#sleep(pauseMs);
      }
    }
  }

  #leftMs(deadline: DeadlineMs): number {
    return deadline - this.#deps.clock.monotonicMs();
  }

  /** Half of it is chance, so that those who failed together do not come back together. */
  #pauseMs(made: number): number {
    const { baseDelayMs, maxDelayMs } = this.#policy;
    const half = Math.ceil(Math.min(maxDelayMs, baseDelayMs * 2 ** (made - 1)) / 2);
    return half + this.#deps.random.int(half + 1);
  }

  async #sleep(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#deps.timers.after(delayMs, resolve);
    });
  }
}
