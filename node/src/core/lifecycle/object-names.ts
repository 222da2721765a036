// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';

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

/** What a name says of the attempt that made the object. */
export interface ChunkNameParts {
  /** The generation, or the newest one of a merge. */
  readonly generation: number;
  /** Index and term of the entry that sealed it, or began the merge. */
  readonly index: number;
  readonly term: number;
}

/**
 * A name that nothing else has or will have: cluster, shard, generation, the index and term of the entry behind it, and
 * eight random bytes in hexadecimal of this attempt (design §4).
 */
export function chunkName(
  cluster: ClusterId,
  shard: ShardId,
  { generation, index, term }: ChunkNameParts,
  random: string,
): string {
  const numbers = [generation, index, term].map((value) => padded(value, numberDigits)).join('-');
  return `${chunkPrefix(cluster, shard)}${numbers}-${random}.chunk`;
}

const namePattern = /^(\d{16})-(\d{16})-(\d{16})-[0-9a-f]{16}\.chunk$/;

/** Undefined for what is no name of a chunk of this shard. */
export function parseChunkName(cluster: ClusterId, shard: ShardId, name: string): ChunkNameParts | undefined {
  const prefix = chunkPrefix(cluster, shard);
  const match = name.startsWith(prefix) ? namePattern.exec(name.slice(prefix.length)) : null;
  if (match === null) return undefined;
  const [generation, index, term] = match.slice(1).map(Number);
  if (generation === undefined || index === undefined || term === undefined) return undefined;
  return { generation, index, term };
}
