// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Timers } from '../../ports/clock.ts';

/** Node.js would fire a longer delay at once. */
const maxDelayMs = 2 ** 31 - 1;

/** Timers keep the process alive: who sets a deadline cancels it when the work is done. */
export const systemTimers: Timers = {
  after(delayMs: number, run: () => void): CancelTimer {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), maxDelayMs));
    return () => {
      clearTimeout(timer);
    };
  },
};
