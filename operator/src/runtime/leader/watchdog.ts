// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from '../../ports/clock.ts';

const intervalMs = 1000;

/**
 * Notices, right after it, that the event loop was blocked for longer than `limitMs`: a timer came that much too late.
 * @returns what ends the watch.
 */
export function watchEventLoop(clock: Clock, limitMs: number, onBlocked: (blockedMs: number) => void): CancelTimer {
  let cancel: CancelTimer;
  const arm = () => {
    const armedMs = clock.monotonicMs();
    cancel = clock.after(intervalMs, () => {
      const lateMs = clock.monotonicMs() - armedMs - intervalMs;
      arm();
      if (lateMs > limitMs) onBlocked(lateMs);
    });
  };
  arm();
  return () => cancel();
}
