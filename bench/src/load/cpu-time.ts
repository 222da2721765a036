// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** Linux's USER_HZ, which is 100 wherever Node runs. */
const ticksPerSecond = 100;

/** Seconds of CPU that the processes have used so far; undefined where /proc does not tell. */
export function cpuSeconds(pids: readonly number[]): number | undefined {
  let ticks = 0;
  for (const pid of pids) {
    try {
      ticks += ticksIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return undefined;
    }
  }
  return pids.length === 0 ? undefined : ticks / ticksPerSecond;
}

/** utime and stime of proc_pid_stat(5): the 12th and 13th field after the name, which may itself contain anything. */
export function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
