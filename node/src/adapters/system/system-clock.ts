// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../ports/clock.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  // Milliseconds since the process (in a worker: the worker) began; never compared across threads.
  monotonicMs: () => performance.now(),
};
