// SPDX-License-Identifier: Apache-2.0
import { concatBytes } from '@shortlink/common/bytes.ts';
import { decodeChunkRecord, decodeGarbageRecord, decodeGenerationRecord } from '../lifecycle/records-codec.ts';
import type { ChunkRecord } from '../lifecycle/types.ts';
import type { LifecycleRecords, LifecycleView } from '../lifecycle/view.ts';
import { namespaceRange, namespaces, shardStateKey } from './keys.ts';
import type { Namespace, ShardScope } from './keys.ts';
import { decodeShardState } from './shard-state.ts';
import type { StateReader } from './state-reader.ts';

const pageRows = 1000;

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
  return {
    generations: readAll(reader, scope, namespaces.generation).map(decodeGenerationRecord),
    chunks: readChunks(reader, scope),
    garbage: readAll(reader, scope, namespaces.garbage).map(decodeGarbageRecord),
  };
}

/** The chunk set of a copy, as the store has it now. */
export function readChunks(reader: StateReader, scope: ShardScope): ChunkRecord[] {
  return readAll(reader, scope, namespaces.chunk).map(decodeChunkRecord);
}

function readAll(reader: StateReader, scope: ShardScope, namespace: Namespace): Uint8Array[] {
  const values: Uint8Array[] = [];
  const { lt, gte: first } = namespaceRange(namespace, scope);
  let gte = first;
  for (;;) {
    const rows = reader.scan({ gte, lt }, { limit: pageRows });
    values.push(...rows.map(({ value }) => value));
    const last = rows.at(-1);
    if (rows.length < pageRows || last === undefined) return values;
    gte = concatBytes(last.key, Uint8Array.of(0));
  }
}
