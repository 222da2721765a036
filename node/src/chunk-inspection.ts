// SPDX-License-Identifier: Apache-2.0
import { openFileSource } from './adapters/chunk-files/file-source.ts';
import type { ObjectStoreSettings } from './adapters/object-store/open-object-store.ts';
import { zlibChunkCodec } from './adapters/system/zlib-chunk-codec.ts';
import { ChunkReader } from './core/chunk/chunk-reader.ts';
import { openTail, type ChunkSource } from './core/chunk/chunk-source.ts';
import { describeStateRow } from './core/chunk/describe-state-row.ts';
import { verifyChunk } from './core/chunk/verify-chunk.ts';
import { objectSource } from './engine/chunks/object-source.ts';
import { openRetryingStore } from './threads/object-store.ts';

/** Where a chunk lies. */
export type ChunkPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'object'; readonly store: ObjectStoreSettings; readonly name: string; readonly timeoutMs: number };

interface OpenSource {
  readonly source: ChunkSource;
  readonly sizeBytes: number;
  readonly close: () => Promise<void>;
}

/**
 * Opens the chunk, runs `use` and closes it; undefined when there is none.
 * @throws ChunkCorruptError, ObjectStoreError, and what the file system says.
 */
export async function withChunk<T>(
  place: ChunkPlace,
  use: (reader: ChunkReader) => Promise<T>,
): Promise<T | undefined> {
  const opened = await openSource(place);
  if (opened === undefined) return undefined;
  try {
    const { source, sizeBytes: chunkBytes } = opened;
    const tail = await openTail(source, { codec: zlibChunkCodec, chunkBytes });
    return await use(new ChunkReader({ tail, source, codec: zlibChunkCodec }));
  } finally {
    await opened.close();
  }
}

/** Reads everything and checks it. @throws ChunkCorruptError */
export async function verifyWholeChunk(reader: ChunkReader): Promise<void> {
  await verifyChunk(reader, { codec: zlibChunkCodec, describe: describeStateRow });
}

async function openSource(place: ChunkPlace): Promise<OpenSource | undefined> {
  if (place.kind === 'file') {
    const source = await openFileSource(place.path);
    return { source, sizeBytes: source.sizeBytes, close: source.close };
  }
  const { name, timeoutMs } = place;
  const store = await openRetryingStore(place.store);
  const close = async (): Promise<void> => store.close();
  try {
    const head = await store.head(name, { timeoutMs });
    if (head !== undefined) return { source: objectSource(store, name, head.size), sizeBytes: head.size, close };
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  return undefined;
}
