// SPDX-License-Identifier: Apache-2.0
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import type { ChunkSource } from '../../core/chunk/chunk-source.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

const rangeTimeoutMs = 20_000;

/** The object does not exist: for a chunk of the set that is a loss, or the set has changed. */
export class ObjectMissingError extends Error {
  override readonly name = 'ObjectMissingError';
}

/** The bytes of an object in the store. Reads throw ObjectMissingError and ObjectStoreError. */
export function objectSource(store: ObjectStore, name: string, sizeBytes: number): ChunkSource {
  return {
    read: async (offset, length) => {
      if (offset + length > sizeBytes) throw new ChunkCorruptError(`${name} has no ${length} bytes at ${offset}`);
      const bytes = await store.getRange(name, { offset, length }, { timeoutMs: rangeTimeoutMs });
      if (bytes === undefined) throw new ObjectMissingError(`${name} is not in the object store`);
      return bytes;
    },
  };
}
