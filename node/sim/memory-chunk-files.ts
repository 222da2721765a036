// SPDX-License-Identifier: Apache-2.0
import { concatBytes } from '@shortlink/common/bytes.ts';
import { ChunkDiskFullError } from '../src/ports/chunk-files.ts';
import type { ChunkFile, ChunkFileWriter, ChunkFiles } from '../src/ports/chunk-files.ts';

/** Whole copies on a disk in memory, which outlives the processes that use it; what was half made does not. */
export class MemoryChunkFiles implements ChunkFiles {
  readonly files = new Map<string, Uint8Array>();
  /** Room for copies. */
  maxBytes = Number.POSITIVE_INFINITY;

  async list(): Promise<readonly ChunkFile[]> {
    return [...this.files].map(([name, { length: sizeBytes }]) => ({ name, sizeBytes }));
  }

  async create(name: string): Promise<ChunkFileWriter> {
    let bytes: Uint8Array = new Uint8Array(0);
    return {
      append: async (piece) => {
        bytes = concatBytes(bytes, piece);
        if (this.#used() + bytes.length > this.maxBytes) throw new ChunkDiskFullError('the disk in memory is full');
      },
      read: async (offset, length) => rangeOf(bytes, offset, length),
      finish: async () => void this.files.set(name, bytes.slice()),
      abort: async () => {
        bytes = new Uint8Array(0);
      },
    };
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const bytes = this.files.get(name);
    return bytes && rangeOf(bytes, offset, length);
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }

  /** A bit rots: changes one byte of a copy where it lies. @returns false when it has no such byte. */
  corrupt(name: string, offset: number): boolean {
    const bytes = this.files.get(name);
    const byte = bytes?.[offset];
    if (bytes === undefined || byte === undefined) return false;
    bytes[offset] = byte ^ 0x40;
    return true;
  }

  #used(): number {
    return [...this.files.values()].reduce((sum, { length }) => sum + length, 0);
  }
}

function rangeOf(bytes: Uint8Array, offset: number, length: number): Uint8Array | undefined {
  const range = bytes.slice(offset, offset + length);
  return range.length === length ? range : undefined;
}
