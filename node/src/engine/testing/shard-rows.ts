// SPDX-License-Identifier: Apache-2.0
import { ByteReader } from '@shortlink/common/byte-reader.ts';
import { toHex } from '@shortlink/common/bytes.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { zlibChunkCodec } from '../../adapters/system/zlib-chunk-codec.ts';
import { rebaseKey, shardPrefixRanges, shardStateKey } from '../../core/statemachine/keys.ts';
import { decodeShardState } from '../../core/statemachine/shard-state.ts';
import type { KvReader } from '../../ports/kv-engine.ts';
import { readReplicaRecords, readStaging } from '../storage/directory.ts';
import { nextSlotKey } from '../storage/keys.ts';

const scanRows = 1_000_000;
/** A longer value is told by its hash. */
const longBytes = 1000;

function rowsOfSlot(store: KvReader, shard: ShardId, slot: number): string[] {
  return shardPrefixRanges(shard, slot)
    .flatMap((range) => store.scan('state', range, { limit: scanRows }))
    .map(({ key, value }) => `${toHex(rebaseKey(key, 0))} ${inShort(value)}`);
}

function inShort(value: Uint8Array): string {
  return value.length <= longBytes ? toHex(value) : `SHA-256 ${toHex(zlibChunkCodec.sha256Of(value))}`;
}

/** Every row of a node's live copy of a shard, comparable with those of other nodes. */
export function liveRows(store: KvReader, shard: ShardId): readonly string[] {
  const record = readReplicaRecords(store).find((one) => one.shard === shard);
  return record === undefined ? [] : rowsOfSlot(store, shard, record.slot);
}

/** The entry that the live copy is the state of. */
export function appliedIndex(store: KvReader, shard: ShardId): number {
  const record = readReplicaRecords(store).find((one) => one.shard === shard);
  const row = record && store.get('state', shardStateKey(record));
  return row === undefined ? 0 : decodeShardState(row).appliedIndex;
}

/** Rows of a shard that lie beside its live copy, and the marks of such copies. */
export function strayRows(store: KvReader, shard: ShardId): readonly string[] {
  const live = readReplicaRecords(store).find((one) => one.shard === shard)?.slot;
  const next = store.get('meta', nextSlotKey);
  const slots = Array.from({ length: next === undefined ? 0 : new ByteReader(next).uint32() }, (_, slot) => slot);
  const others = slots.filter((slot) => slot !== live);
  const marked = readStaging(store).filter((mark) => mark.shard === shard);
  const marks = marked.map(({ slot }) => `slot ${slot} is marked`);
  return [...marks, ...others.flatMap((slot) => rowsOfSlot(store, shard, slot))];
}
