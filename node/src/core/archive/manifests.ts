// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ClusterId, Revision, ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap, ClusterPolicy } from '../cluster/cluster-map.ts';
import type { ChunkObject, ChunkRecord, GarbageRecord } from '../lifecycle/types.ts';
import type { GenerationSummary } from '../lifecycle/view.ts';
import { openJson, sealJson } from './sealed-json.ts';
import type { Sha256Of } from './sealed-json.ts';

// What lies in the object store so that a cluster can be made again from it alone. Derived: while the cluster lives, the
// state of its groups is the truth, and nobody reads these but to go on writing them.

export const archiveVersion = 1;

interface Archived {
  readonly version: typeof archiveVersion;
  readonly clusterId: ClusterId;
}

/** Where a shard was, by one replica's rows at one index. */
export interface ShardPlace {
  readonly shard: ShardId;
  /** Of the last entry whose effects are in it. */
  readonly index: number;
  readonly term: number;
  readonly revision: Revision;
  /** Shard time. */
  readonly timeMs: number;
  /** V. */
  readonly chunkSetVersion: number;
  /** In the hot tier, newest first. */
  readonly generations: readonly GenerationSummary[];
}

/** The nodes, the ranges of the shards, the policy and the ring: the map, by its epoch. */
export interface ClusterManifest extends Archived {
  readonly kind: 'cluster';
  readonly map: ClusterMap;
}

/** A member of the chunk set. Who holds copies is no part of it: another cluster has other nodes. */
export type ArchivedChunk = Omit<ChunkRecord, 'holders'>;

/** A shard's chunk set, by its version. */
export interface ShardManifest extends Archived, ShardPlace {
  readonly kind: 'shard';
  readonly range: { readonly start: Uint8Array; readonly end?: Uint8Array | undefined };
  readonly policy: ClusterPolicy;
  readonly chunks: readonly ArchivedChunk[];
  /** Objects of generations that are exported and not retired, by generation. */
  readonly exported: readonly { readonly generation: number; readonly object: ChunkObject }[];
  /** What a merge has made and that is no member of the set yet. */
  readonly merging: readonly ChunkObject[];
  /** Objects that nothing refers to any more and that may still exist. */
  readonly garbage: readonly GarbageRecord[];
}

/** One object with rows of a checkpoint. */
export interface CheckpointPart {
  /** `all`: every row of one hot generation. `changes`: the rows that the entries of a span of indexes may have changed. */
  readonly kind: 'all' | 'changes';
  readonly object: ChunkObject;
  /** Index of the last entry before the span; `all`: 0. */
  readonly after: number;
  /** Index of the last entry whose effects are in it. */
  readonly index: number;
  /** Of `changes` the generation that was active, of `all` the one that its rows are of. */
  readonly generation: number;
  /** Shard time at `index`. */
  readonly timeMs: number;
}

/** An object of earlier checkpoints that this one does not need. */
export interface CheckpointGarbage {
  readonly name: string;
  /** Shard time at which it was no longer needed. */
  readonly unlinkedAtMs: number;
}

/** Every row of a shard that is in no chunk of the set, as of one index: the newest row of each key in `parts`. */
export interface CheckpointManifest extends Archived, ShardPlace {
  readonly kind: 'checkpoint';
  /** By the clock of the node that took it. */
  readonly takenAtMs: number;
  /** Start times of the epochs of the idempotency memory that live, newest first. */
  readonly idempotencyEpochs: readonly number[];
  /** In the order of their indexes. */
  readonly parts: readonly CheckpointPart[];
  readonly garbage: readonly CheckpointGarbage[];
}

/** Another cluster has been made from this one, and has taken its place. */
export interface SupersededMark extends Archived {
  readonly kind: 'superseded';
  readonly by: ClusterId;
  readonly atMs: number;
}

export type ArchiveDocument = ClusterManifest | ShardManifest | CheckpointManifest | SupersededMark;
type Kind = ArchiveDocument['kind'];
type DocumentOf<K extends Kind> = Extract<ArchiveDocument, { readonly kind: K }>;

/** What a document of the archive takes at most: some hundred thousand chunks. */
export const documentMaxBytes: number = 256 * 1024 * 1024;

export function encodeDocument(document: ArchiveDocument, sha256Of: Sha256Of): Uint8Array {
  return sealJson(document, sha256Of);
}

/** @throws DecodeError when it is damaged, of another kind or version, or of another cluster. */
export function decodeDocument<K extends Kind>(
  bytes: Uint8Array,
  expected: { readonly kind: K; readonly clusterId: ClusterId; readonly name: string },
  sha256Of: Sha256Of,
): DocumentOf<K> {
  const { kind, clusterId, name } = expected;
  const value = openJson(bytes, name, sha256Of);
  const document = (typeof value === 'object' && value !== null ? value : {}) as Partial<ArchiveDocument>;
  if (document.kind !== kind) throw new DecodeError(`${name} is ${String(document.kind)}, not ${kind}`);
  if (document.version !== archiveVersion) {
    throw new DecodeError(
      `${name} has version ${String(document.version)}; this program reads version ${archiveVersion}`,
    );
  }
  if (document.clusterId !== clusterId)
    throw new DecodeError(`${name} is of cluster ${String(document.clusterId)}, not of ${clusterId}`);
  return document as DocumentOf<K>;
}
