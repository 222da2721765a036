// SPDX-License-Identifier: Apache-2.0
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import { readExactly } from '../../core/chunk/chunk-source.ts';
import type { ChunkSource } from '../../core/chunk/chunk-source.ts';
import type { ChunkObject } from '../../core/lifecycle/types.ts';
import { ChunkDiskFullError } from '../../ports/chunk-files.ts';
import type { ChunkFiles } from '../../ports/chunk-files.ts';
import type { ChunkContext } from './chunk-context.ts';
import { objectSource } from './object-source.ts';
import { verifiedDigest } from './readback-work.ts';

const pieceBytes = 1024 * 1024;

/** Copies a chunk from the object store to this disk and checks every row of the copy. A copy that is wrong does not stay. */
export async function fetchChunk(context: ChunkContext, object: ChunkObject): Promise<void> {
  try {
    await copy(context, object);
  } catch (error) {
    if (!(error instanceof ChunkDiskFullError)) throw error;
    context.observer.count('diskFull');
    context.observer.failed(`copying ${object.name}`, error);
    return;
  }
  const digest = await verifiedDigest(context, object, fileSource(context.files, object)).catch(corrupt);
  if (digest === object.contentDigest) return context.observer.count('fetched', object.sizeBytes);
  await context.dropCopy(object.name);
  context.observer.count('corrupt', object.sizeBytes);
}

async function copy(context: ChunkContext, { name, sizeBytes }: ChunkObject): Promise<void> {
  const source = objectSource(context.objects, name, sizeBytes);
  const file = await context.files.create(name);
  try {
    for (let offset = 0; offset < sizeBytes; offset += pieceBytes) {
      const length = Math.min(pieceBytes, sizeBytes - offset);
      await context.pace(length);
      await file.append(await readExactly(source, offset, length));
    }
    await file.finish();
  } catch (error) {
    await file.abort();
    throw error;
  }
}

/** The bytes of a copy on this disk. */
export function fileSource(files: ChunkFiles, { name }: ChunkObject): ChunkSource {
  return {
    read: async (offset, length) => {
      const bytes = await files.read(name, offset, length);
      if (bytes === undefined) throw new ChunkCorruptError(`the copy of ${name} on this disk cannot be read`);
      return bytes;
    },
  };
}

function corrupt(error: unknown): undefined {
  if (error instanceof ChunkCorruptError) return undefined;
  throw error;
}
