// SPDX-License-Identifier: Apache-2.0
import { TokenBucket } from '@shortlink/common/token-bucket.ts';
import type { Clock } from '../../ports/clock.ts';
import { abortReason } from './abort.ts';

/** client-go's defaults are 5 and 10, controller-runtime's are 20 and 30. */
export const defaultRequestRate = { perSecond: 20, burst: 30 } as const;

/** Keeps requests of this process to a rate; they wait in the order of their coming. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;

  constructor(clock: Clock, rate: { readonly perSecond: number; readonly burst: number } = defaultRequestRate) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(rate);
  }

  /** Resolves when the caller may send; rejects with the signal's reason. */
  async wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortReason(signal);
    const waitMs = this.#bucket.reserve(this.#clock.monotonicMs());
    if (waitMs <= 0) return;
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        cancel();
        this.#bucket.giveBack();
        reject(abortReason(signal));
      };
      const cancel = this.#clock.after(waitMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
