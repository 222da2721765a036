// SPDX-License-Identifier: Apache-2.0
import { statfsSync } from 'node:fs';

/** Free bytes that this process may use where `path` lies; undefined where the system does not say. */
export function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    // For people's eyes only: nothing depends on it.
    return undefined;
  }
}
