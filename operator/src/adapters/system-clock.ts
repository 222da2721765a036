// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks';
import type { Clock } from '../ports/clock.ts';

// Longer timers overflow in Node.js and fire at once.
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), longestTimerMs));
    return () => clearTimeout(timer);
  },
};
