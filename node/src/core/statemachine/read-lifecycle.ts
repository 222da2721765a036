// SPDX-License-Identifier: Apache-2.0
import {
  decodeChunkRecord,
  decodeGarbageRecord,
  decodeGenerationRecord,
  decodeMergeRecord,
} from '../lifecycle/records-codec.ts';
import type { ChunkRecord } from '../lifecycle/types.ts';
import type { LifecycleRecords, LifecycleView } from '../lifecycle/view.ts';
import { mergeKey, namespaceRange, namespaces, shardStateKey } from './keys.ts';
import type { Namespace, ShardScope } from './keys.ts';
import { scanAll } from './scan-all.ts';
import { decodeShardState } from './shard-state.ts';
import type { StateReader } from './state-reader.ts';

/**
 * Undefined where the copy is gone. `knownVersion`: the lifecycle version whose records the reader has; they are left out when it is still that one.
 */
export function readLifecycle(reader: StateReader, scope: ShardScope, knownVersion: number): LifecycleView | undefined {
  const row = reader.get(shardStateKey(scope));
  if (row === undefined) return undefined;
  const state = decodeShardState(row);
  const { lifecycleVersion, chunkSetVersion, timeMs, confState, generations } = state;
  const { voters, votersOutgoing } = confState;
  return {
    lifecycleVersion,
    chunkSetVersion,
    timeMs,
    voters,
    votersOutgoing,
    generations,
    records: lifecycleVersion === knownVersion ? undefined : readRecords(reader, scope),
  };
}

function readRecords(reader: StateReader, scope: ShardScope): LifecycleRecords {
  const merge = reader.get(mergeKey(scope));
  return {
    generations: readAll(reader, scope, namespaces.generation).map(decodeGenerationRecord),
    chunks: readChunks(reader, scope),
    garbage: readAll(reader, scope, namespaces.garbage).map(decodeGarbageRecord),
    merge: merge === undefined ? undefined : decodeMergeRecord(merge),
  };
}

/** The chunk set of a copy, as the store has it now. */
export function readChunks(reader: StateReader, scope: ShardScope): ChunkRecord[] {
  return readAll(reader, scope, namespaces.chunk).map(decodeChunkRecord);
}

function readAll(reader: StateReader, scope: ShardScope, namespace: Namespace): Uint8Array[] {
  return scanAll(reader, namespaceRange(namespace, scope)).map(({ value }) => value);
}
