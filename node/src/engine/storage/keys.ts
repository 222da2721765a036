// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import type { ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import type { KeyRange } from '../../ports/kv-engine.ts';

// Column `raft`: everything carries the replica id, so that a later replica of the same shard never meets an older one's log.
const kindEntry = 0x65; // e
const kindHardState = 0x68; // h
const kindTruncation = 0x74; // t

export interface ReplicaKey {
  readonly shard: ShardId;
  readonly replicaId: ReplicaId;
}

export function entryKey(replica: ReplicaKey, index: number): Uint8Array {
  return prefixed(kindEntry, replica).uint64(index).finish();
}

/** Entries with an index in [from, to). */
export function entryRange(replica: ReplicaKey, from: number, to: number): KeyRange {
  return { gte: entryKey(replica, from), lt: entryKey(replica, to) };
}

/** The index of the entry that lies under a key. */
export function entryIndexOf(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset + key.length - 8, 8);
  return Number(view.getBigUint64(0));
}

export function hardStateKey(replica: ReplicaKey): Uint8Array {
  return prefixed(kindHardState, replica).finish();
}

export function truncationKey(replica: ReplicaKey): Uint8Array {
  return prefixed(kindTruncation, replica).finish();
}

function prefixed(kind: number, replica: ReplicaKey): ByteWriter {
  return new ByteWriter().uint8(kind).uint32(replica.shard).uint64(replica.replicaId);
}

// Column `meta`.
export const identityKey: Uint8Array = utf8('identity');
export const formationKey: Uint8Array = utf8('formation');
/** Written to see whether the disk answers. */
export const pulseKey: Uint8Array = utf8('pulse');
export const mapKey: Uint8Array = utf8('map');
export const nextSlotKey: Uint8Array = utf8('nextSlot');

export function directoryKey(shard: ShardId): Uint8Array {
  return new ByteWriter().uint8(0x64).uint32(shard).finish();
}

export const directoryRange: KeyRange = {
  gte: Uint8Array.of(0x64, 0),
  lt: Uint8Array.of(0x64, 0xff, 0xff, 0xff, 0xff, 0xff),
};

/** A slot that is being filled or swept: whatever it holds is garbage after a crash. */
export function stagingKey(slot: number): Uint8Array {
  return new ByteWriter().uint8(0x73).uint32(slot).finish();
}

export const stagingRange: KeyRange = {
  gte: Uint8Array.of(0x73, 0),
  lt: Uint8Array.of(0x73, 0xff, 0xff, 0xff, 0xff, 0xff),
};
