// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { readFileIfPresent, removeFileDurably, syncDirectory, writeFileAtomic } from './atomic-file.ts';

/** Where a node keeps what. The names are part of the operations manual. */
export interface DataDirPaths {
  /** RocksDB. Its lock on this directory is what keeps a second process out, and the kernel drops it with the process. */
  readonly store: string;
  /** Copies of chunks; they can be had again. */
  readonly chunks: string;
  /** Parts of other chunks, emptied at each start. */
  readonly cache: string;
  /** Process id of the owner; for people and scripts, never the lock. */
  readonly pidFile: string;
  /** Written once the store exists: from then on a missing store is a loss, not a beginning. */
  readonly nodeIdFile: string;
}

export function dataDirPaths(dataDir: string): DataDirPaths {
  return {
    store: join(dataDir, 'store'),
    chunks: join(dataDir, 'chunks'),
    cache: join(dataDir, 'cache'),
    pidFile: join(dataDir, 'pid'),
    nodeIdFile: join(dataDir, 'node-id'),
  };
}

/** Makes the directory when it is missing. @throws with advice when it cannot be made or read. */
export function prepareDataDir(dataDir: string): DataDirPaths {
  try {
    const made = mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncDirectory(join(made, '..'));
    readdirSync(dataDir);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the data directory ${dataDir} cannot be used: ${reason}; check the path and its owner`, { cause });
  }
  return dataDirPaths(dataDir);
}

/** The node has stored data here; outside the store, so that it outlives the store's loss. */
export function writeNodeIdFile(paths: DataDirPaths, nodeId: string): void {
  if (readFileIfPresent(paths.nodeIdFile) === undefined) writeFileAtomic(paths.nodeIdFile, utf8(`${nodeId}\n`));
}

export function hasNodeIdFile(paths: DataDirPaths): boolean {
  return readFileIfPresent(paths.nodeIdFile) !== undefined;
}

/** To be called once the store is open, that is, once this process owns the directory. Replaces the pid of a dead owner. */
export function writePidFile(paths: DataDirPaths, pid: number): void {
  writeFileAtomic(paths.pidFile, utf8(`${pid}\n`));
}

/** To be called before the store is closed. Leaves a file that names another process. */
export function removePidFile(paths: DataDirPaths, pid: number): void {
  if (readPidFile(paths) === pid) removeFileDurably(paths.pidFile);
}

/** The process that owned the directory last; it may be gone. Undefined when there is no such file or it is no number. */
export function readPidFile(paths: DataDirPaths): number | undefined {
  const bytes = readFileIfPresent(paths.pidFile);
  if (bytes === undefined) return undefined;
  const text = safeText(bytes).trim();
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

/** What to tell somebody whose process was refused because the store is in use. */
export function ownerAdvice(paths: DataDirPaths): string {
  const pid = readPidFile(paths);
  const owner = pid === undefined ? 'another process' : `another process (pid ${pid} according to ${paths.pidFile})`;
  return `${owner} runs on this data directory; stop it, or give this one a directory of its own`;
}

function safeText(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return '';
  }
}
