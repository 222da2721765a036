// SPDX-License-Identifier: Apache-2.0
import { concatBytes } from '@shortlink/common/bytes.ts';
import type { CacheFileProblem, CacheFiles } from '../src/ports/cache-files.ts';

/** Files of a cache on a disk in memory; its end is the end of the process. */
export class MemoryCacheFiles implements CacheFiles {
  readonly files = new Map<number, Uint8Array>();
  /** Room for all files together. */
  maxBytes = Number.POSITIVE_INFINITY;
  /** What the system says, true or not. */
  free: number | undefined;

  async append(file: number, bytes: Uint8Array): Promise<CacheFileProblem | undefined> {
    if (this.bytes + bytes.length > this.maxBytes) return 'full';
    this.files.set(file, concatBytes(this.files.get(file) ?? new Uint8Array(0), bytes));
    return undefined;
  }

  async read(file: number, offset: number, length: number): Promise<Uint8Array | undefined> {
    const bytes = this.files.get(file)?.slice(offset, offset + length);
    return bytes?.length === length ? bytes : undefined;
  }

  async remove(file: number): Promise<void> {
    this.files.delete(file);
  }

  freeBytes(): number | undefined {
    return this.free;
  }

  get bytes(): number {
    return [...this.files.values()].reduce((sum, { length }) => sum + length, 0);
  }
}
