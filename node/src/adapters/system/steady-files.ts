// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from 'node:fs';
import { isNotFound } from './atomic-file.ts';

/** Files as they were together at one moment. */
export interface SteadyFiles {
  /** Equal as long as nobody has changed, added or removed one of them. */
  readonly version: string;
  /** Undefined: there is no such file. */
  readonly contents: readonly (Buffer | undefined)[];
}

/** Somebody may be replacing them right now; whoever does that for longer is asked again later. */
const maxAttempts = 5;

/** What says whether a file is still the same, without reading it. */
export function versionOf(paths: readonly string[]): string {
  return paths.map(versionOfOne).join(' ');
}

/**
 * Reads files that belong together, such as a certificate and its key, so that none is older than another one: what they
 * look like before and after must be the same.
 * @throws Error when one of them cannot be read, or when they change all the time.
 */
export function readTogether(paths: readonly string[]): SteadyFiles {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const version = versionOf(paths);
    const contents = paths.map(readIfPresent);
    if (version === versionOf(paths)) return { version, contents };
  }
  throw new Error(`${paths.join(', ')} were changed while they were read, ${maxAttempts} times in a row`);
}

function versionOfOne(path: string): string {
  try {
    const { dev, ino, size, mtimeMs } = statSync(path);
    return `${dev}-${ino}-${size}-${mtimeMs}`;
  } catch (error) {
    if (isNotFound(error)) return 'absent';
    throw error;
  }
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
