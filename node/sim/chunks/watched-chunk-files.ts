// SPDX-License-Identifier: Apache-2.0
import { concatBytes } from '@shortlink/common/bytes.ts';
import type { ChunkFile, ChunkFileWriter, ChunkFiles } from '../../src/ports/chunk-files.ts';

/** A node's copies, with somebody who is told of each that is whole. */
export class WatchedChunkFiles implements ChunkFiles {
  readonly #files: ChunkFiles;
  readonly #onWhole: (name: string, bytes: Uint8Array) => void;

  constructor(files: ChunkFiles, onWhole: (name: string, bytes: Uint8Array) => void) {
    this.#files = files;
    this.#onWhole = onWhole;
  }

  async list(): Promise<readonly ChunkFile[]> {
    return this.#files.list();
  }

  async create(name: string): Promise<ChunkFileWriter> {
    const writer = await this.#files.create(name);
    const pieces: Uint8Array[] = [];
    return {
      append: async (piece) => {
        pieces.push(piece.slice());
        await writer.append(piece);
      },
      read: async (offset, length) => writer.read(offset, length),
      finish: async () => {
        await writer.finish();
        this.#onWhole(name, concatBytes(...pieces));
      },
      abort: async () => writer.abort(),
    };
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    return this.#files.read(name, offset, length);
  }

  async remove(name: string): Promise<void> {
    await this.#files.remove(name);
  }
}
