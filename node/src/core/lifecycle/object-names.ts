// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';

const shardDigits = 8;
const numberDigits = 16;

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

const clusterPattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//;
const sequencePattern = /\/(\d{16})\.json$/;

/** The cluster that an object of this name belongs to; undefined for what is none of ours. */
export function clusterOfName(name: string): ClusterId | undefined {
  return clusterPattern.exec(name)?.[1];
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

/** The object that says which cluster has taken this one's place. */
export function supersededName(cluster: ClusterId): string {
  return `${clusterPrefix(cluster)}superseded-by`;
}

/** Manifests of every kind lie below this. */
export function manifestsPrefix(cluster: ClusterId): string {
  return `${clusterPrefix(cluster)}manifests/`;
}

export function clusterManifestPrefix(cluster: ClusterId): string {
  return `${manifestsPrefix(cluster)}cluster/`;
}

export function clusterManifestName(cluster: ClusterId, epoch: number): string {
  return `${clusterManifestPrefix(cluster)}${padded(epoch, numberDigits)}.json`;
}

export function shardManifestPrefix(cluster: ClusterId, shard: ShardId): string {
  return `${manifestsPrefix(cluster)}${padded(shard, shardDigits)}/`;
}

export function shardManifestName(cluster: ClusterId, shard: ShardId, chunkSetVersion: number): string {
  return `${shardManifestPrefix(cluster, shard)}${padded(chunkSetVersion, numberDigits)}.json`;
}

export function checkpointPrefix(cluster: ClusterId, shard: ShardId): string {
  return `${clusterPrefix(cluster)}checkpoints/${padded(shard, shardDigits)}/`;
}

/** `index`: of the last entry whose effects are in the checkpoint. */
export function checkpointName(cluster: ClusterId, shard: ShardId, index: number): string {
  return `${checkpointPrefix(cluster, shard)}${padded(index, numberDigits)}.json`;
}

/** Rows of a checkpoint: generation, index of the last entry, and eight random bytes in hexadecimal. */
export function checkpointRowsName(
  cluster: ClusterId,
  shard: ShardId,
  part: { readonly generation: number; readonly index: number; readonly random: string },
): string {
  const numbers = [part.generation, part.index].map((value) => padded(value, numberDigits)).join('-');
  return `${clusterPrefix(cluster)}checkpoint-rows/${padded(shard, shardDigits)}/${numbers}-${part.random}.chunk`;
}

/** The number that a manifest or a checkpoint is sequenced by; undefined for other names. */
export function sequenceOfName(name: string): number | undefined {
  const digits = sequencePattern.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The name of the same object below another cluster's prefix. */
export function nameInCluster(name: string, to: ClusterId): string {
  return `${clusterPrefix(to)}${name.slice(name.indexOf('/') + 1)}`;
}
