// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import { newBytes, prefixEnd, utf8 } from '@shortlink/common/bytes.ts';
import type { Revision, ShardId } from '@shortlink/common/ids.ts';
import type { StateRange } from './state-reader.ts';

/**
 * First byte of every key. The numbers are the format on disk: never change one, never use one again.
 * Rows below `link` lie outside the generations (generation 0).
 */
export const namespaces = {
  shardState: 0x01,
  stateHash: 0x02,
  idempotency: 0x03,
  generation: 0x04,
  chunk: 0x05,
  garbage: 0x06,
  merge: 0x07,
  link: 0x10,
  linkByCreator: 0x11,
  linkByExpiry: 0x12,
  kv: 0x20,
} as const;
export type Namespace = (typeof namespaces)[keyof typeof namespaces];

/** One installed copy of a shard on this node. The slot is local: it never enters a hash, an entry or a chunk. */
export interface ShardScope {
  readonly shard: ShardId;
  readonly slot: number;
}

export const noGeneration = 0;
export const firstGeneration = 1;

/** namespace (1) shard (4) slot (4) generation (4), big endian. */
export const keyPrefixBytes = 13;
export const slotOffset = 5;
export const slotEndOffset = 9;

/** A key with room for `suffixBytes` after the prefix, which the caller fills. */
function newKey(namespace: Namespace, scope: ShardScope, generation: number, suffixBytes: number): Uint8Array {
  const key = newBytes(keyPrefixBytes + suffixBytes);
  key[0] = namespace;
  setUint32(key, 1, scope.shard);
  setUint32(key, slotOffset, scope.slot);
  setUint32(key, slotEndOffset, generation);
  return key;
}

function setUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/** Eight bytes, big endian. */
export function setUint64(bytes: Uint8Array, offset: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, `uint64 in a key out of range: ${value}`);
  setUint32(bytes, offset, Math.floor(value / 0x1_0000_0000));
  setUint32(bytes, offset + 4, value % 0x1_0000_0000);
}

export function getUint64(bytes: Uint8Array, offset: number): number {
  let value = 0;
  for (let i = 0; i < 8; i++) value = value * 256 + defined(bytes[offset + i], 'byte of a number in a key');
  return value;
}

/** The key of `suffix` within one generation of a namespace. */
export function generationKey(
  namespace: Namespace,
  scope: ShardScope,
  generation: number,
  suffix: Uint8Array,
): Uint8Array {
  const key = newKey(namespace, scope, generation, suffix.length);
  key.set(suffix, keyPrefixBytes);
  return key;
}

/** What follows the prefix: the same on every replica and in every generation. */
export function keySuffix(key: Uint8Array): Uint8Array {
  return key.subarray(keyPrefixBytes);
}

export function shardStateKey(scope: ShardScope): Uint8Array {
  return newKey(namespaces.shardState, scope, noGeneration, 0);
}

/** Place `position` of the ring of remembered state hashes. */
export function stateHashKey(scope: ShardScope, position: number): Uint8Array {
  const key = newKey(namespaces.stateHash, scope, noGeneration, 4);
  setUint32(key, keyPrefixBytes, position);
  return key;
}

/** `epochStartMs`: shard time at which the epoch began; the order of keys is the order of epochs. */
export function idempotencyKey(scope: ShardScope, epochStartMs: number, dedupKey: Uint8Array): Uint8Array {
  const key = newKey(namespaces.idempotency, scope, noGeneration, 8 + dedupKey.length);
  setUint64(key, keyPrefixBytes, epochStartMs);
  key.set(dedupKey, keyPrefixBytes + 8);
  return key;
}

/** Every idempotency row of epochs that began before `epochStartMs`. */
export function idempotencyRangeBefore(scope: ShardScope, epochStartMs: number): StateRange {
  const lt = newKey(namespaces.idempotency, scope, noGeneration, 8);
  setUint64(lt, keyPrefixBytes, epochStartMs);
  return { gte: newKey(namespaces.idempotency, scope, noGeneration, 0), lt };
}

/** Suffix of a link row: the code itself, so that links lie in the order of their routing keys. */
export function linkSuffix(code: string): Uint8Array {
  return utf8(code);
}

/** length (1) creator (…) create revision (8): a creator's links lie together, in the order of their creation. */
export function creatorIndexSuffix(creator: Uint8Array, createRevision: Revision): Uint8Array {
  assert(creator.length <= 0xff, `creator id of ${creator.length} bytes`);
  const suffix = newBytes(1 + creator.length + 8);
  suffix[0] = creator.length;
  suffix.set(creator, 1);
  setUint64(suffix, 1 + creator.length, createRevision);
  return suffix;
}

/** expiry (8) code (…): the links that expire first lie first. */
export function expiryIndexSuffix(expiresAtMs: number, code: Uint8Array): Uint8Array {
  const suffix = newBytes(8 + code.length);
  setUint64(suffix, 0, expiresAtMs);
  suffix.set(code, 8);
  return suffix;
}

/** What a sealed generation has gone through; see lifecycle/types.ts. */
export function generationRecordKey(scope: ShardScope, generation: number): Uint8Array {
  const key = newKey(namespaces.generation, scope, noGeneration, 4);
  setUint32(key, keyPrefixBytes, generation);
  return key;
}

/** A member of the chunk set, or an object that is to be deleted, by the object's name. */
export function objectKey(
  namespace: typeof namespaces.chunk | typeof namespaces.garbage,
  scope: ShardScope,
  name: string,
): Uint8Array {
  return generationKey(namespace, scope, noGeneration, utf8(name));
}

/** The merge of chunks that is under way. */
export function mergeKey(scope: ShardScope): Uint8Array {
  return newKey(namespaces.merge, scope, noGeneration, 0);
}

/** Every row of a namespace outside the generations. */
export function namespaceRange(namespace: Namespace, scope: ShardScope): StateRange {
  return generationRange(namespace, scope, noGeneration);
}

/** All ranges that together hold every row of one installed copy of a shard, in the order of keys. */
export function shardPrefixRanges(shard: ShardId, slot: number): StateRange[] {
  return Object.values(namespaces)
    .sort((a, b) => a - b)
    .map((namespace) => {
      const gte = newKey(namespace, { shard, slot }, 0, 0).subarray(0, slotEndOffset);
      return { gte, lt: defined(prefixEnd(gte), 'end of a namespace') };
    });
}

/** All rows of one generation of a namespace. */
export function generationRange(namespace: Namespace, scope: ShardScope, generation: number): StateRange {
  const gte = newKey(namespace, scope, generation, 0);
  return { gte, lt: defined(prefixEnd(gte), 'end of a generation') };
}

/** The namespaces whose rows lie in generations, and so in chunks. */
export const generationNamespaces = [
  namespaces.link,
  namespaces.linkByCreator,
  namespaces.linkByExpiry,
  namespaces.kv,
] as const;

/** Every row of the generations up to and including `generation`: what is retired in order can be swept in one piece. */
export function generationRangesThrough(scope: ShardScope, generation: number): StateRange[] {
  return generationNamespaces.map((namespace) => ({
    gte: newKey(namespace, scope, firstGeneration, 0),
    lt: newKey(namespace, scope, generation + 1, 0),
  }));
}

/** The same row in another installed copy of the shard. */
export function rebaseKey(key: Uint8Array, slot: number): Uint8Array {
  assert(key.length >= keyPrefixBytes, `key of ${key.length} bytes is no row of a shard`);
  const rebased = key.slice();
  setUint32(rebased, slotOffset, slot);
  return rebased;
}
