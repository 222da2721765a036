// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import type { Block } from '../../core/chunk/blocks/block.ts';
import type { ChunkCodec } from '../../core/chunk/chunk-codec.ts';
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import { ChunkReader } from '../../core/chunk/chunk-reader.ts';
import { openTail } from '../../core/chunk/chunk-source.ts';
import type { ChunkSource } from '../../core/chunk/chunk-source.ts';
import type { ChunkTail } from '../../core/chunk/tail/chunk-tail.ts';
import type { ChunkObject } from '../../core/lifecycle/types.ts';
import type { ChunkFiles } from '../../ports/chunk-files.ts';
import { ObjectStoreError } from '../../ports/object-store.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { ByteCache } from './byte-cache.ts';
import { ObjectMissingError, objectSource } from './object-source.ts';

/** Where the bytes of a read came from. */
export type ReadTier = 'local' | 'holder' | 'store';

export interface ChunkLibraryOptions {
  readonly files: ChunkFiles;
  readonly objects: ObjectStore;
  readonly codec: ChunkCodec;
  /** Filters and indexes that stay in memory; scans of blocks never push them out. */
  readonly tailCacheBytes: number;
  readonly blockCacheBytes: number;
  readonly onRead: (tier: ReadTier, bytes: number) => void;
  /** A copy on this disk is not what was written; it is no longer used. */
  readonly onCorruptCopy: (name: string) => void;
}

/** Opens chunks and reads their blocks from the nearest place that has them; keeps what is read often. */
export class ChunkLibrary {
  readonly #options: ChunkLibraryOptions;
  readonly #tails: ByteCache<ChunkTail>;
  readonly #blocks: ByteCache<Block>;
  /** Copies whose bytes were wrong: read elsewhere until they are copied anew. */
  readonly #corruptCopies = new Set<string>();

  constructor(options: ChunkLibraryOptions) {
    this.#options = options;
    this.#tails = new ByteCache<ChunkTail>(options.tailCacheBytes, (tail) => tail.memoryBytes);
    this.#blocks = new ByteCache<Block>(options.blockCacheBytes, (block) => block.memoryBytes);
  }

  /**
   * Runs `use` with a reader of the chunk. A copy on this disk that turns out to be corrupt is left aside and the work is
   * done again from elsewhere.
   * @throws ObjectMissingError when the store has no such object, ServiceError of kind unavailable when no tier can be read.
   */
  async with<T>(object: ChunkObject, use: (reader: ChunkReader) => Promise<T>): Promise<T> {
    try {
      return await use(await this.#open(object));
    } catch (error) {
      if (!(error instanceof ChunkCorruptError)) throw unavailable(error);
      if (this.#corruptCopies.has(object.name)) throw unavailable(error);
      this.forget(object.name);
      this.#corruptCopies.add(object.name);
      this.#options.onCorruptCopy(object.name);
    }
    try {
      return await use(await this.#open(object));
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Forgets what was cached of a chunk; a new copy of it is trusted again. */
  forget(name: string): void {
    this.#tails.dropPrefix(`${name} `);
    this.#blocks.dropPrefix(`${name} `);
    this.#corruptCopies.delete(name);
  }

  async #open(object: ChunkObject): Promise<ChunkReader> {
    const { codec } = this.#options;
    const { name, sizeBytes: chunkBytes, tailBytes } = object;
    const source = this.#source(object);
    const tail = await this.#tails.get(`${name} `, async () => openTail(source, { codec, chunkBytes, tailBytes }));
    const loadBlock = async (block: number, read: () => Promise<Block>): Promise<Block> =>
      this.#blocks.get(`${name} ${block}`, read);
    return new ChunkReader({ tail, source, codec, loadBlock });
  }

  /** The copy on this disk, else the object store. */
  #source({ name, sizeBytes }: ChunkObject): ChunkSource {
    const remote = objectSource(this.#options.objects, name, sizeBytes);
    return {
      read: async (offset, length) => {
        const isTrusted = !this.#corruptCopies.has(name);
        const local = isTrusted ? await this.#options.files.read(name, offset, length) : undefined;
        this.#options.onRead(local === undefined ? 'store' : 'local', length);
        return local ?? remote.read(offset, length);
      },
    };
  }
}

/** What a tier that cannot answer means to whoever asked: never that there is nothing. */
function unavailable(error: unknown): unknown {
  if (error instanceof ObjectMissingError) return error;
  if (error instanceof ObjectStoreError || error instanceof ChunkCorruptError)
    return new ServiceError('unavailable', `a chunk cannot be read: ${error.message}`, { cause: error });
  return error;
}
