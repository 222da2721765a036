// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, type } from 'node:os';
import { resolve } from 'node:path';

/** What figures depend on. */
export interface Machine {
  readonly cpus: number;
  readonly cpuModel: string;
  readonly system: string;
  readonly node: string;
  /** Type of the file system that all contenders write to. */
  readonly fileSystem: string;
  /** Runnable processes over the last minute, before the run: other work on the machine. */
  readonly loadAverage: number;
}

export function describeMachine(dataFolder: string): Machine {
  return {
    cpus: cpus().length,
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown CPU',
    system: `${type()} ${release()}`,
    node: process.versions.node,
    fileSystem: fileSystemOf(dataFolder),
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** Systems without a disk below them: their fsync is free, so that durable writes there say nothing. */
export function isInMemory(fileSystem: string): boolean {
  return fileSystem === 'tmpfs' || fileSystem === 'ramfs';
}

function fileSystemOf(folder: string): string {
  try {
    return longestMount(readFileSync('/proc/self/mounts', 'utf8'), resolve(folder));
  } catch {
    return 'unknown';
  }
}

/** The type of the mount that a path lies in, from the lines of proc_pid_mounts(5). */
export function longestMount(mounts: string, path: string): string {
  let best = { point: '', fileSystem: 'unknown' };
  for (const line of mounts.split('\n')) {
    const [, point, fileSystem] = line.split(' ');
    if (point === undefined || fileSystem === undefined || point.length < best.point.length) continue;
    if (path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`)) best = { point, fileSystem };
  }
  return best.fileSystem;
}
