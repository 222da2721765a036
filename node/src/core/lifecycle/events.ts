// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId } from '@shortlink/common/ids.ts';
import type { ChunkFormat, ChunkObject, Placement } from './types.ts';

// The steps of a generation's life. Each is one Raft entry that names what it expects, and does nothing otherwise.

/** UPLOAD: seals the active generation, which must be `generation`. */
export interface Upload {
  readonly type: 'upload';
  readonly generation: number;
  readonly format: ChunkFormat;
}

/** DIGEST: a replica's vote about the rows that it sealed. */
export interface Digest {
  readonly type: 'digest';
  readonly generation: number;
  readonly replica: ReplicaId;
  readonly digest: string;
}

/** EXPORTED: the object is in the store. */
export interface Exported {
  readonly type: 'exported';
  readonly generation: number;
  readonly object: ChunkObject;
  /** The object of an earlier export that this one takes the place of. */
  readonly replaces: string | undefined;
}

/** READBACK: the object was read again from the store, and its rows have this digest. */
export interface Readback {
  readonly type: 'readback';
  readonly generation: number;
  readonly object: string;
  /** Undefined: the object is missing or cannot be decoded. */
  readonly digest: string | undefined;
}

/** REDISTRIBUTE: the chunk is handed to the ring. */
export interface Redistribute {
  readonly type: 'redistribute';
  readonly generation: number;
  readonly object: string;
  readonly placement: Placement;
}

/** HOLDING: one holder's report about one object, cut out of a batch. */
export interface Holding {
  readonly type: 'holding';
  readonly generation: number;
  readonly object: string;
  readonly node: NodeId;
}

/** RETIRE: the generation becomes a chunk of the set. */
export interface Retire {
  readonly type: 'retire';
  readonly generation: number;
  readonly object: string;
  /** V as the proposer saw it. */
  readonly chunkSetVersion: number;
}

export type GenerationEvent = Upload | Digest | Exported | Readback | Redistribute | Holding | Retire;
