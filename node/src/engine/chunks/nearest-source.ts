// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import type { ChunkSource } from '../../core/chunk/chunk-source.ts';
import type { ChunkObject } from '../../core/lifecycle/types.ts';
import type { ChunkContext } from './chunk-context.ts';
import type { PlacedChunk } from './chunk-library.ts';
import { readFromHolders } from './holder-reads.ts';
import { objectSource } from './object-source.ts';

/** The bytes of a chunk for work that reads all of them: the copy on this disk, else one on another node, else the object. */
export function nearestSource(context: ChunkContext, { object, holders }: PlacedChunk): ChunkSource {
  const { name, sizeBytes } = object;
  const store = objectSource(context.objects, name, sizeBytes);
  const near = { peers: context.peers, others: holders.filter((node) => node !== context.self) };
  return {
    read: async (offset, length) =>
      (await context.files.read(name, offset, length)) ??
      (await readFromHolders(near, { name, offset, length })) ??
      store.read(offset, length),
  };
}

/** The bytes of the copy that one node has, this one or another. Reads throw ChunkCorruptError where it has none. */
export function copySource(context: ChunkContext, { name }: ChunkObject, node: NodeId): ChunkSource {
  const near = { peers: context.peers, others: [node] };
  return {
    read: async (offset, length) => {
      const bytes =
        node === context.self
          ? await context.files.read(name, offset, length)
          : await readFromHolders(near, { name, offset, length });
      if (bytes === undefined) throw new ChunkCorruptError(`node ${node} has no whole copy of ${name}`);
      return bytes;
    },
  };
}

/** Lets others run before each read, and takes its share of the bytes that may be moved. */
export function pacedSource(context: Pick<ChunkContext, 'breathe' | 'pace'>, source: ChunkSource): ChunkSource {
  return {
    read: async (offset, length) => {
      await context.breathe();
      await context.pace(length);
      return source.read(offset, length);
    },
  };
}
