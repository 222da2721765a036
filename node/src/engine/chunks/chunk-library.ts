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
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ChunkCopies, ChunkPeers } from '../../ports/chunk-peers.ts';
import { readFromHolders } from './holder-reads.ts';
import { ObjectStoreError } from '../../ports/object-store.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { ByteCache } from './byte-cache.ts';
import type { DiskCache } from './disk-cache.ts';
import { ObjectMissingError, objectSource } from './object-source.ts';

/** Where the bytes of a read came from. */
export type ReadTier = 'local' | 'cache' | 'holder' | 'store';

/** A chunk and the nodes that reported a copy. */
export interface PlacedChunk {
  readonly object: ChunkObject;
  readonly holders: readonly NodeId[];
}

export interface ChunkLibraryOptions {
  readonly files: ChunkCopies;
  readonly peers: ChunkPeers;
  readonly self: NodeId;
  readonly objects: ObjectStore;
  readonly codec: ChunkCodec;
  /** Filters and indexes that stay in memory; scans of blocks never push them out. */
  readonly tailCacheBytes: number;
  readonly blockCacheBytes: number;
  /** What came from other nodes and from the store, on this disk. */
  readonly diskCache?: DiskCache | undefined;
  readonly onRead: (tier: ReadTier, bytes: number) => void;
  /** A copy on this disk is not what was written; it is no longer used. */
  readonly onCorruptCopy: (name: string) => void;
}

/** Other nodes that are asked before the object store is. */
const holdersMax = 2;

/** Opens chunks and reads their blocks from the nearest place that has them; keeps what is read often. */
export class ChunkLibrary {
  readonly #options: ChunkLibraryOptions;
  readonly #tails: ByteCache<ChunkTail>;
  readonly #blocks: ByteCache<Block>;
  /** Chunks of which a copy, here or on a holder, was wrong: read from the store until there is a new copy here. */
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
  async with<T>(chunk: PlacedChunk, use: (reader: ChunkReader) => Promise<T>): Promise<T> {
    const { name } = chunk.object;
    try {
      return await use(await this.#open(chunk));
    } catch (error) {
      if (!(error instanceof ChunkCorruptError)) throw unavailable(error);
      this.forget(name);
      if (this.#corruptCopies.has(name)) throw unavailable(error);
      this.#corruptCopies.add(name);
      this.#options.onCorruptCopy(name);
    }
    try {
      return await use(await this.#open(chunk));
    } catch (error) {
      // What was damaged on the way must not be kept: the next one asks again.
      if (error instanceof ChunkCorruptError) this.forget(name);
      throw unavailable(error);
    }
  }

  /** Forgets what was cached of a chunk. */
  forget(name: string): void {
    this.#tails.dropPrefix(`${name} `);
    this.#blocks.dropPrefix(`${name} `);
    this.#options.diskCache?.forget(name);
  }

  /** A new copy was checked, every row of it. */
  trust(name: string): void {
    this.#corruptCopies.delete(name);
  }

  async #open(chunk: PlacedChunk): Promise<ChunkReader> {
    const { codec } = this.#options;
    const { name, sizeBytes: chunkBytes, tailBytes } = chunk.object;
    const source = this.#source(chunk);
    const tail = await this.#tails.get(`${name} `, async () => openTail(source, { codec, chunkBytes, tailBytes }));
    const loadBlock = async (block: number, read: () => Promise<Block>): Promise<Block> =>
      this.#blocks.get(`${name} ${block}`, read);
    return new ChunkReader({ tail, source, codec, loadBlock });
  }

  /**
   * The copy on this disk, else what is kept of it here, else a copy on another node, else the object store. A copy that
   * was corrupt is not asked again.
   */
  #source({ object, holders }: PlacedChunk): ChunkSource {
    const { files, peers, objects, self, diskCache, onRead } = this.#options;
    const { name, sizeBytes } = object;
    const remote = objectSource(objects, name, sizeBytes);
    const others = holders.filter((node) => node !== self).slice(0, holdersMax);
    const counted = (tier: ReadTier, bytes: Uint8Array): Uint8Array => {
      onRead(tier, bytes.length);
      return bytes;
    };
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const mayHaveCopies = !this.#corruptCopies.has(name);
      const local = mayHaveCopies ? await files.read(name, offset, length) : undefined;
      if (local !== undefined) return counted('local', local);
      const kept = await diskCache?.read(name, offset, length);
      if (kept !== undefined) return counted('cache', kept);
      const near = mayHaveCopies ? await readFromHolders({ peers, others }, { name, offset, length }) : undefined;
      const bytes = near ?? (await remote.read(offset, length));
      diskCache?.write(name, offset, bytes);
      return counted(near === undefined ? 'store' : 'holder', bytes);
    };
    return { read };
  }
}

/** What a tier that cannot answer means to whoever asked: never that there is nothing. */
function unavailable(error: unknown): unknown {
  if (error instanceof ObjectMissingError) return error;
  if (error instanceof ObjectStoreError || error instanceof ChunkCorruptError)
    return new ServiceError('unavailable', `a chunk cannot be read: ${error.message}`, { cause: error });
  return error;
}
