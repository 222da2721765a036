// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pidOf, type LocalNode } from './local-cluster.ts';

export interface DiskUse {
  /** Blocks that the file system gave to everything in the folder of the node. */
  readonly totalBytes: number;
  /** Sorted tables: what stays once the logs are cut. */
  readonly tableBytes: number;
  /** Write-ahead logs of the store. */
  readonly logBytes: number;
}

export interface MemoryUse {
  readonly residentBytes: number;
  /** The most since the process started; undefined where the system does not tell. */
  readonly peakBytes: number | undefined;
}

const blockBytes = 512;

export function diskUseOf(node: LocalNode): DiskUse {
  const files = filesBelow(node.folder);
  const sum = (suffix: string): number =>
    files.filter((file) => file.path.endsWith(suffix)).reduce((total, file) => total + file.bytes, 0);
  return { totalBytes: sum(''), tableBytes: sum('.sst'), logBytes: sum('.log') };
}

function filesBelow(folder: string): { path: string; bytes: number }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    // Compactions delete files meanwhile.
    return stat === undefined ? [] : [{ path, bytes: stat.blocks * blockBytes }];
  });
}

/** Undefined when the node does not run. */
export function memoryUseOf(node: LocalNode): MemoryUse | undefined {
  const pid = pidOf(node);
  if (pid === undefined) return undefined;
  try {
    return memoryIn(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return memoryByPs(pid);
  }
}

/** VmRSS and VmHWM of proc_pid_status(5). */
export function memoryIn(status: string): MemoryUse | undefined {
  const kibibytes = (name: string): number | undefined => {
    const digits = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return digits === undefined ? undefined : Number(digits) * 1024;
  };
  const residentBytes = kibibytes('VmRSS');
  return residentBytes === undefined ? undefined : { residentBytes, peakBytes: kibibytes('VmHWM') };
}

function memoryByPs(pid: number): MemoryUse | undefined {
  try {
    const kibibytes = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim());
    return kibibytes > 0 ? { residentBytes: kibibytes * 1024, peakBytes: undefined } : undefined;
  } catch {
    return undefined;
  }
}
