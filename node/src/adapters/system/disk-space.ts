// SPDX-License-Identifier: Apache-2.0
import { statfsSync } from 'node:fs';

export interface DiskSpace {
  /** That this process may use. */
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** Of the file system on which `path` lies; undefined where the system does not say. */
export function diskSpace(path: string): DiskSpace | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(path);
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
  } catch {
    // For people's eyes only: nothing depends on it.
    return undefined;
  }
}

/** Free bytes that this process may use where `path` lies; undefined where the system does not say. */
export function freeBytes(path: string): number | undefined {
  return diskSpace(path)?.freeBytes;
}
