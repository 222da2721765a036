// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';
import type { GenerationRecord } from './types.ts';

const shardDigits = 8;
const numberDigits = 16;

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

/** Everything of a cluster lies below this. */
export function clusterPrefix(cluster: ClusterId): string {
  return `${cluster}/`;
}

/** Chunks of a shard lie below this. */
export function chunkPrefix(cluster: ClusterId, shard: ShardId): string {
  return `${clusterPrefix(cluster)}chunks/${padded(shard, shardDigits)}/`;
}

/**
 * A name that no other export has or will have: cluster, shard, generation, the index and term of its sealing, and eight
 * random bytes in hexadecimal of this attempt (design §4).
 */
export function chunkName(
  cluster: ClusterId,
  shard: ShardId,
  record: Pick<GenerationRecord, 'id' | 'sealedIndex' | 'sealedTerm'>,
  random: string,
): string {
  const { id, sealedIndex, sealedTerm } = record;
  const numbers = [id, sealedIndex, sealedTerm].map((value) => padded(value, numberDigits)).join('-');
  return `${chunkPrefix(cluster, shard)}${numbers}-${random}.chunk`;
}
