// SPDX-License-Identifier: Apache-2.0
import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

const lowestPriority = 19;

/**
 * Lets the other threads of the machine go first when there are more of them than cores. Linux has priorities for threads;
 * elsewhere, and where they may not be changed, nothing happens.
 * @param steps of niceness below what the thread has; each takes a fifth of its share
 */
export function lowerThreadPriority(steps: number): void {
  try {
    // PID/task/TID of the thread that asks: the call is made on it.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (Number.isSafeInteger(thread) && thread > 0)
      setPriority(thread, Math.min(lowestPriority, getPriority(thread) + steps));
  } catch {
    // Work goes on, only less politely.
  }
}
