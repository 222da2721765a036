// SPDX-License-Identifier: Apache-2.0
import { concatBytes } from '@shortlink/common/bytes.ts';
import type { NodeId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { ChunkPeers, CopyRange } from '../../ports/chunk-peers.ts';

export interface Holders {
  readonly peers: ChunkPeers;
  /** In the order in which they are asked. */
  readonly others: readonly NodeId[];
}

/** For a near node; the object store is asked after that. */
const copyTimeoutMs = 1500;

/** A part of a copy on another node, in pieces that fit between Raft's messages; undefined when no holder has all of it. */
export async function readFromHolders({ peers, others }: Holders, range: CopyRange): Promise<Uint8Array | undefined> {
  for (const node of others) {
    const bytes = await readFrom(peers, node, range);
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

async function readFrom(peers: ChunkPeers, node: NodeId, { name, offset, length }: CopyRange) {
  const pieces: Uint8Array[] = [];
  for (let done = 0; done < length;) {
    const piece = { name, offset: offset + done, length: Math.min(limits.copyReadMaxBytes, length - done) };
    const bytes = await peers.read(node, piece, copyTimeoutMs);
    if (bytes === undefined) return undefined;
    pieces.push(bytes);
    done += bytes.length;
  }
  return pieces.length === 1 ? pieces[0] : concatBytes(...pieces);
}
