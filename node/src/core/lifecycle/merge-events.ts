// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ChunkObject, DroppedRows, Placement } from './types.ts';

// The steps of a merge of chunks. Each is one Raft entry that names what it expects, and does nothing otherwise.

/** MERGE: `node` is going to merge these members of the set. */
export interface Merge {
  readonly type: 'merge';
  readonly node: NodeId;
  readonly inputs: readonly string[];
  /** V as the proposer saw it. */
  readonly chunkSetVersion: number;
}

/** MERGED: the outputs are in the store. */
export interface Merged {
  readonly type: 'merged';
  /** Id of the merge. */
  readonly merge: number;
  /** In the order of their keys. */
  readonly outputs: readonly ChunkObject[];
  readonly dropped: DroppedRows;
}

/** REPLACE: another node has read inputs and outputs again, and they are what the merge says. */
export interface Replace {
  readonly type: 'replace';
  readonly merge: number;
  /** Who has read them. */
  readonly node: NodeId;
  /** Nodes whose copies of the outputs count. */
  readonly placement: Placement;
}

/** MERGE ABANDONED: nothing comes of the merge. */
export interface MergeAbandoned {
  readonly type: 'mergeAbandoned';
  readonly merge: number;
}

export type MergeEvent = Merge | Merged | Replace | MergeAbandoned;
