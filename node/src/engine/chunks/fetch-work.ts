// SPDX-License-Identifier: Apache-2.0
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import { readExactly } from '../../core/chunk/chunk-source.ts';
import type { ChunkSource } from '../../core/chunk/chunk-source.ts';
import type { ChunkObject } from '../../core/lifecycle/types.ts';
import { ChunkDiskFullError } from '../../ports/chunk-files.ts';
import type { ChunkFileWriter } from '../../ports/chunk-files.ts';
import type { ChunkContext } from './chunk-context.ts';
import type { PlacedChunk } from './chunk-library.ts';
import { readFromHolders } from './holder-reads.ts';
import { objectSource } from './object-source.ts';
import { verifyObject } from './readback-work.ts';

const pieceBytes = 1024 * 1024;

/** Copies a chunk to this disk. The copy shows, and is reported, only when every row of it was checked. */
export async function fetchChunk(context: ChunkContext, { object, holders }: PlacedChunk): Promise<void> {
  try {
    // A holder's copy may be damaged without its knowing; what the store has was read back before it counted.
    const isCopied =
      (await tryFetch(context, { object, holders })) || (await tryFetch(context, { object, holders: [] }));
    if (isCopied) context.copied(object.name);
  } catch (error) {
    if (!(error instanceof ChunkDiskFullError)) throw error;
    context.observer.count('diskFull');
    context.observer.failed(`copying ${object.name}`, error);
  }
}

async function tryFetch(context: ChunkContext, chunk: PlacedChunk): Promise<boolean> {
  const { object } = chunk;
  const file = await context.files.create(object.name);
  try {
    await copy(context, chunk, file);
    const isRight = await isWhole(context, object, file);
    await (isRight ? file.finish() : file.abort());
    context.observer.count(isRight ? 'fetched' : 'corrupt', object.sizeBytes);
    return isRight;
  } catch (error) {
    await file.abort();
    throw error;
  }
}

/** From nodes that have it, which costs the object store nothing, else from there. */
async function copy(context: ChunkContext, { object, holders }: PlacedChunk, file: ChunkFileWriter): Promise<void> {
  const { name, sizeBytes } = object;
  const store = objectSource(context.objects, name, sizeBytes);
  const near = { peers: context.peers, others: holders.filter((node) => node !== context.self) };
  const source: ChunkSource = {
    read: async (offset, length) =>
      (await readFromHolders(near, { name, offset, length })) ?? store.read(offset, length),
  };
  for (let offset = 0; offset < sizeBytes; offset += pieceBytes) {
    const length = Math.min(pieceBytes, sizeBytes - offset);
    await context.pace(length);
    await file.append(await readExactly(source, offset, length));
  }
}

async function isWhole(context: ChunkContext, object: ChunkObject, file: ChunkFileWriter): Promise<boolean> {
  const source: ChunkSource = {
    read: async (offset, length) => {
      const bytes = await file.read(offset, length);
      if (bytes === undefined) throw new ChunkCorruptError(`the copy of ${object.name} cannot be read`);
      return bytes;
    },
  };
  try {
    await verifyObject(context, object, source);
    return true;
  } catch (error) {
    if (error instanceof ChunkCorruptError) return false;
    throw error;
  }
}
