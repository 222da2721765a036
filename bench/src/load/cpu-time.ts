// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';

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

/** Seconds of CPU of a process by the name of the thread, several of one name together; empty where /proc does not tell. */
export function threadCpuSeconds(pid: number): ReadonlyMap<string, number> {
  const seconds = new Map<string, number>();
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      // The first thread has the id of the process, and is called after the program.
      const name = thread === String(pid) ? 'main' : nameIn(stat);
      seconds.set(name, (seconds.get(name) ?? 0) + ticksIn(stat) / ticksPerSecond);
    }
  } catch {
    return new Map();
  }
  return seconds;
}

/** The name in parentheses of proc_pid_stat(5). */
export function nameIn(stat: string): string {
  return stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
}

/** utime and stime of proc_pid_stat(5): the 12th and 13th field after the name, which may itself contain anything. */
export function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
