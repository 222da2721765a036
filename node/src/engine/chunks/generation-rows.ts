// SPDX-License-Identifier: Apache-2.0
import type { ChunkRow } from '../../core/chunk/chunk-row.ts';
import { generationNamespaces, generationRange, keyPrefixBytes, shardStateKey } from '../../core/statemachine/keys.ts';
import type { ShardScope } from '../../core/statemachine/keys.ts';
import { decodeShardState } from '../../core/statemachine/shard-state.ts';
import type { KvReader, Row } from '../../ports/kv-engine.ts';

const pageRows = 256;

/** The rows of a sealed generation under their chunk keys, in order, a page at a time. */
export function* generationRows(
  reader: KvReader,
  scope: ShardScope,
  generation: number,
): Generator<readonly ChunkRow[]> {
  // All at once: what is swept while the first namespace is read must not be missing in the last one.
  const cursors = generationNamespaces.map((namespace) => ({
    namespace,
    cursor: reader.cursor('state', generationRange(namespace, scope, generation)),
  }));
  try {
    for (const { namespace, cursor } of cursors) {
      for (let rows = cursor.next(pageRows); rows.length > 0; rows = cursor.next(pageRows)) {
        yield rows.map((row) => toChunkRow(namespace, row));
      }
    }
  } finally {
    for (const { cursor } of cursors) cursor.close();
  }
}

/** A chunk's key is the namespace's byte and the suffix. */
function toChunkRow(namespace: number, { key, value }: Row): ChunkRow {
  const chunkKey = new Uint8Array(key.length - keyPrefixBytes + 1);
  chunkKey[0] = namespace;
  chunkKey.set(key.subarray(keyPrefixBytes), 1);
  return { key: chunkKey, value };
}

/**
 * Whether the copy is live and the generation still sealed in it. When it is so after its rows were read, all of them
 * were there: sweeps of a copy begin with the state row, and those of a generation come after it has left the state.
 */
export function isWhole(reader: KvReader, scope: ShardScope, generation: number): boolean {
  const row = reader.get('state', shardStateKey(scope));
  if (row === undefined) return false;
  return decodeShardState(row).generations.some(({ id, state }) => id === generation && state !== 'active');
}
