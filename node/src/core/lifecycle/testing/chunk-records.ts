// SPDX-License-Identifier: Apache-2.0
import type { ChunkObject, ChunkRecord } from '../types.ts';

export function testObject(name: string, fields: Partial<ChunkObject> = {}): ChunkObject {
  return {
    name,
    sizeBytes: 100,
    tailBytes: 10,
    contentDigest: 'a'.repeat(64),
    checksum: '05',
    rows: 5,
    firstKey: Uint8Array.of(0x10),
    lastKey: Uint8Array.of(0x20),
    minRevision: 1,
    maxRevision: 9,
    ...fields,
  };
}

/** Generations `[first, last]` of the keys `[firstKey, lastKey]`, each a byte. */
export function testChunk(
  name: string,
  [firstGeneration, lastGeneration]: readonly [number, number],
  [firstKey, lastKey]: readonly [number, number] = [0x10, 0x20],
  fields: Partial<ChunkObject> = {},
): ChunkRecord {
  const keys = { firstKey: Uint8Array.of(firstKey), lastKey: Uint8Array.of(lastKey) };
  const object = testObject(name, { ...keys, ...fields });
  return { object, firstGeneration, lastGeneration, level: 0, addedVersion: 1, holders: ['n1', 'n2'] };
}
