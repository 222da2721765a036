// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { equalBytes, toHex } from '@shortlink/common/bytes.ts';
import type { ChunkProperties } from '../../core/chunk/tail/chunk-properties.ts';
import type { ChunkObject } from '../../core/lifecycle/types.ts';

/** Of a chunk that was written, or of the tail of one that was opened. */
export interface ChunkDescription {
  readonly chunkBytes: number;
  readonly tailBytes: number;
  readonly properties: ChunkProperties;
}

/** What a shard remembers of a chunk. */
export function objectOf(name: string, { chunkBytes, tailBytes, properties }: ChunkDescription): ChunkObject {
  const { namespaces, revisions } = properties;
  return {
    name,
    sizeBytes: chunkBytes,
    tailBytes,
    contentDigest: toHex(properties.contentDigest),
    checksum: toHex(properties.rowSum),
    rows: namespaces.reduce((sum, { rowCount }) => sum + rowCount, 0),
    firstKey: defined(namespaces[0], 'first namespace of a chunk').firstKey,
    lastKey: defined(namespaces.at(-1), 'last namespace of a chunk').lastKey,
    minRevision: revisions?.first ?? 0,
    maxRevision: revisions?.last ?? 0,
  };
}

/** Whether a shard remembers of both the same. */
export function isSameObject(a: ChunkObject, b: ChunkObject): boolean {
  const numbers = (one: ChunkObject): string =>
    [one.sizeBytes, one.tailBytes, one.rows, one.minRevision, one.maxRevision].join(' ');
  return (
    a.name === b.name &&
    a.contentDigest === b.contentDigest &&
    a.checksum === b.checksum &&
    numbers(a) === numbers(b) &&
    equalBytes(a.firstKey, b.firstKey) &&
    equalBytes(a.lastKey, b.lastKey)
  );
}
