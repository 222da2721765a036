// SPDX-License-Identifier: Apache-2.0

/** Why a file of a cache was not written. */
export type CacheFileProblem = 'full' | 'broken';

/** Numbered files of a cache. They may be lost or damaged at any time, are never synced, and do not outlive the process. */
export interface CacheFiles {
  /** Makes the file where it is missing. After a problem what is at the end of the file is unknown. */
  append(file: number, bytes: Uint8Array): Promise<CacheFileProblem | undefined>;
  /** Exactly the range; undefined when there is none, or it cannot be read. */
  read(file: number, offset: number, length: number): Promise<Uint8Array | undefined>;
  /** Without such a file it does nothing. */
  remove(file: number): Promise<void>;
  /** Room on that disk; undefined where the system does not say. */
  freeBytes(): number | undefined;
}
