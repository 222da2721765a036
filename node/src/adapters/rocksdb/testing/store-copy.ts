// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const copyAttempts = 100;

/**
 * Copies the files of a store that may be open, as they were at one moment: a compaction in the background takes files away
 * and brings others, so a copy during which the files changed is made again. Without the lock file: POSIX drops a
 * process's lock on a file when that process closes any descriptor of it.
 */
export function copyStoreFiles(from: string, to: string): void {
  for (let attempt = 0; attempt < copyAttempts; attempt++) {
    const before = listing(from);
    if (before !== undefined && copied(from, to) && before === listing(from)) return;
    rmSync(to, { recursive: true, force: true });
  }
  throw new Error(`the files of ${from} do not stay the same for the time of a copy`);
}

/** False when a file went away meanwhile. */
function copied(from: string, to: string): boolean {
  mkdirSync(to, { recursive: true });
  try {
    cpSync(from, to, { recursive: true, filter: (source) => basename(source) !== 'LOCK' });
    return true;
  } catch (error) {
    return ignoreMissing(error, false);
  }
}

function listing(directory: string): string | undefined {
  try {
    const names = readdirSync(directory).toSorted();
    return names.map((name) => `${name} ${statSync(join(directory, name)).size}`).join('\n');
  } catch (error) {
    return ignoreMissing(error, undefined);
  }
}

function ignoreMissing<T>(error: unknown, value: T): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return value;
  throw error;
}

/** Path of the newest log that is not empty. */
export function newestLog(directory: string): string {
  const names = readdirSync(directory).filter(
    (name) => name.endsWith('.log') && statSync(join(directory, name)).size > 0,
  );
  const [newest] = names.toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
  if (newest === undefined) throw new Error(`no log in ${directory}`);
  return join(directory, newest);
}

export function flipByte(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
}
