// SPDX-License-Identifier: Apache-2.0
import type { ChunkFiles } from '../../src/ports/chunk-files.ts';
import type { KvReader } from '../../src/ports/kv-engine.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';

/** The object store with some calls replaced. */
export function changedStore(store: ObjectStore, changed: Partial<ObjectStore>): ObjectStore {
  return {
    minPartBytes: store.minPartBytes,
    put: async (name, body, options) => store.put(name, body, options),
    startUpload: async (name, options) => store.startUpload(name, options),
    get: async (name, options) => store.get(name, options),
    getRange: async (name, range, options) => store.getRange(name, range, options),
    head: async (name, options) => store.head(name, options),
    list: async (query, options) => store.list(query, options),
    delete: async (name, options) => store.delete(name, options),
    abortUploads: async (stale, options) => store.abortUploads(stale, options),
    close: async () => store.close(),
    ...changed,
  };
}

/** The rows of a node with some reads replaced. */
export function changedReader(reader: KvReader, changed: Partial<KvReader>): KvReader {
  return {
    get: (column, key) => reader.get(column, key),
    getMany: (column, keys) => reader.getMany(column, keys),
    scan: (column, range, options) => reader.scan(column, range, options),
    cursor: (column, range) => reader.cursor(column, range),
    ...changed,
  };
}

/** Copies with some calls replaced. */
export function changedFiles(files: ChunkFiles, changed: Partial<ChunkFiles>): ChunkFiles {
  return {
    list: async () => files.list(),
    create: async (name) => files.create(name),
    read: async (name, offset, length) => files.read(name, offset, length),
    remove: async (name) => files.remove(name),
    ...changed,
  };
}
