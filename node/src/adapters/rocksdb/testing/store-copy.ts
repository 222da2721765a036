// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Copies the files of a store that may be open. Without its lock file: POSIX drops a process's lock on a file when that
 * process closes any descriptor of it.
 */
export function copyStoreFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== 'LOCK') copyFileSync(join(from, name), join(to, name));
  }
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
