// SPDX-License-Identifier: Apache-2.0
import type { ChunkParameters } from '../chunk/chunk-parameters.ts';
import type { NodeId, ReplicaId, Revision } from '@shortlink/common/ids.ts';

/** States of a generation on its way to the cold tier (design §4). A retired one is a chunk and no generation any more. */
export const generationStates = ['active', 'sealed', 'exported', 'placed'] as const;
export type GenerationState = (typeof generationStates)[number];

/** Every parameter of a chunk's bytes. The entry that seals carries them, so that whoever exports makes the same file. */
export interface ChunkFormat extends ChunkParameters {
  readonly version: number;
}

/** A chunk as an object: what a reader must know to open it, and what proves that it is the right one. */
export interface ChunkObject {
  /** Below the prefix of the cluster; never used again. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Bytes at the end that open the chunk: one ranged read. */
  readonly tailBytes: number;
  /** SHA-256 over the canonical rows in order, 64 hexadecimal digits. */
  readonly contentDigest: string;
  /** Order-independent checksum of the rows, hexadecimal. */
  readonly checksum: string;
  readonly rows: number;
  /** First and last chunk key (namespace byte and suffix). */
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  readonly minRevision: Revision;
  readonly maxRevision: Revision;
}

/** A replica's word about the rows that it sealed. */
export interface DigestVote {
  readonly replica: ReplicaId;
  /** As `ChunkObject.contentDigest`. */
  readonly digest: string;
}

/** Who is to hold copies, as the meta group saw it at `ringEpoch`. */
export interface Placement {
  readonly ringEpoch: number;
  /** Nodes that are not OUT. */
  readonly nodes: readonly NodeId[];
  readonly redundancy: number;
}

/** What the shard knows of a sealed generation beside its rows and its state. */
export interface GenerationRecord {
  readonly id: number;
  /** The entry that sealed it: every row in it has been applied by then. */
  readonly sealedIndex: number;
  readonly sealedTerm: number;
  readonly sealedAtMs: number;
  readonly format: ChunkFormat;
  /** At most one a replica, the newest. */
  readonly votes: readonly DigestVote[];
  readonly object: ChunkObject | undefined;
  /** Content digest of the object as it was read again; undefined until then. */
  readonly readback: string | undefined;
  readonly placement: Placement | undefined;
  readonly holders: readonly NodeId[];
}

/** A member of the shard's chunk set. */
export interface ChunkRecord {
  readonly object: ChunkObject;
  /** Generations whose rows are in it, both ends included. */
  readonly firstGeneration: number;
  readonly lastGeneration: number;
  /** Merges that its oldest row has gone through. */
  readonly level: number;
  /** V of the change that brought it in. */
  readonly addedVersion: number;
  /** Nodes that reported a copy. */
  readonly holders: readonly NodeId[];
}

/** A chunk that a merge made and that is no member of the set yet. */
export interface MergeOutput {
  readonly object: ChunkObject;
  /** Nodes that reported a copy. */
  readonly holders: readonly NodeId[];
}

/** Rows of the inputs that are in no output: older versions, and tombstones with nothing left to hide. */
export interface DroppedRows {
  readonly rows: number;
  /** As `ChunkObject.checksum`. */
  readonly checksum: string;
}

export interface MergeResult {
  /** In the order of their keys. */
  readonly outputs: readonly MergeOutput[];
  readonly dropped: DroppedRows;
  readonly mergedAtMs: number;
}

/** A merge of some chunks of the set that is under way. A shard has one at a time. */
export interface MergeRecord {
  /** Index of the entry that began it: no other merge of the shard has it, and the names of its outputs say it. */
  readonly id: number;
  /** Of that entry. */
  readonly term: number;
  readonly startedAtMs: number;
  /** Who reads the inputs and writes the outputs. */
  readonly node: NodeId;
  /** Names of members of the chunk set. */
  readonly inputs: readonly string[];
  /** Undefined until the outputs are in the store. */
  readonly result: MergeResult | undefined;
}

/** An object that nothing refers to any more and that may still exist. */
export interface GarbageRecord {
  readonly name: string;
  readonly sizeBytes: number;
  /** V, and shard time, when it was unlinked. */
  readonly unlinkedVersion: number;
  readonly unlinkedAtMs: number;
}
