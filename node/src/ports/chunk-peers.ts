// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';

/** A part of a copy of a chunk, by the name of its object. */
export interface CopyRange {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** Copies of chunks on other nodes. */
export interface ChunkPeers {
  /** Exactly the range; undefined when that node has no such copy, or does not answer in time. Never rejects. */
  read(node: NodeId, range: CopyRange, timeoutMs: number): Promise<Uint8Array | undefined>;
}

/** Copies of chunks on this node, for other nodes. */
export interface ChunkCopies {
  /** Undefined when there is no such copy, or it cannot be read. */
  read(name: string, offset: number, length: number): Promise<Uint8Array | undefined>;
}

/** Of a node without an object store. */
export const noCopies: ChunkCopies = { read: async () => undefined };
