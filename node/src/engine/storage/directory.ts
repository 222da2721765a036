// SPDX-License-Identifier: Apache-2.0
import { ByteReader } from '@shortlink/common/byte-reader.ts';
import type { ClusterId, NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import { decodeJson, decodeMap, encodeJson } from '../../core/cluster/map-codec.ts';
import type { KvReader, WriteBatch } from '../../ports/kv-engine.ts';
import { directoryKey, directoryRange, identityKey, mapKey, nextSlotKey, stagingKey, stagingRange } from './keys.ts';

/** Replicas or slots of one node; far above what a node can serve. */
const maxDirectoryRows = 100_000;

/** Who this volume belongs to. Written once, before the node takes part in anything. */
export interface Identity {
  readonly nodeId: NodeId;
  /** Of the node that the volume was made for: a volume that is mounted elsewhere is noticed by it. */
  readonly name: string;
  /** Undefined until the node has promised itself to a cluster or joined one. */
  readonly clusterId: ClusterId | undefined;
}

/** The node's own copy of a shard. `slot` is the prefix that its rows live under: the one pointer that makes a snapshot live. */
export interface ReplicaRecord {
  readonly shard: ShardId;
  /** The replica this node runs, or undefined when it was destroyed. */
  readonly replicaId: ReplicaId | undefined;
  /** The highest replica id of this shard that ever lived here: none at or below it may start again. */
  readonly highestReplicaId: ReplicaId;
  readonly slot: number;
  /** Its state differed from its leader's: it takes part in nothing any more, also after a restart, until it is replaced (H8). */
  readonly diverged?: boolean | undefined;
}

export function readIdentity(store: KvReader): Identity | undefined {
  const bytes = store.get('meta', identityKey);
  return bytes === undefined ? undefined : (decodeJson(bytes) as Identity);
}

export function putIdentity(identity: Identity, batch: WriteBatch): void {
  batch.put('meta', identityKey, encodeJson(identity));
}

export function readReplicaRecords(store: KvReader): readonly ReplicaRecord[] {
  const rows = store.scan('meta', directoryRange, { limit: maxDirectoryRows });
  return rows.map((row) => decodeJson(row.value) as ReplicaRecord);
}

export function putReplicaRecord(record: ReplicaRecord, batch: WriteBatch): void {
  batch.put('meta', directoryKey(record.shard), encodeJson(record));
}

/** @throws DecodeError for a map of another version. */
export function readCachedMap(store: KvReader): ClusterMap | undefined {
  const bytes = store.get('meta', mapKey);
  return bytes === undefined ? undefined : decodeMap(bytes);
}

export function putCachedMap(map: ClusterMap, batch: WriteBatch): void {
  batch.put('meta', mapKey, encodeJson(map));
}

export interface StagingRecord {
  readonly shard: ShardId;
  readonly slot: number;
}

/** A slot number that no rows lie under, marked as garbage until `clearStaging`. */
export function allocateSlot(store: KvReader, shard: ShardId, batch: WriteBatch): number {
  const bytes = store.get('meta', nextSlotKey);
  const slot = bytes === undefined ? 1 : new ByteReader(bytes).uint32();
  batch.put('meta', nextSlotKey, encodeSlot(slot + 1));
  batch.put('meta', stagingKey(slot), encodeJson({ shard, slot } satisfies StagingRecord));
  return slot;
}

export function markStaging(record: StagingRecord, batch: WriteBatch): void {
  batch.put('meta', stagingKey(record.slot), encodeJson(record));
}

export function clearStaging(slot: number, batch: WriteBatch): void {
  batch.delete('meta', stagingKey(slot));
}

export function readStaging(store: KvReader): readonly StagingRecord[] {
  const rows = store.scan('meta', stagingRange, { limit: maxDirectoryRows });
  return rows.map((row) => decodeJson(row.value) as StagingRecord);
}

function encodeSlot(slot: number): Uint8Array {
  return Uint8Array.of(slot >>> 24, slot >>> 16, slot >>> 8, slot);
}
