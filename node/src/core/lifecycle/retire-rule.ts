// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId } from '@shortlink/common/ids.ts';
import type { DigestVote, Placement } from './types.ts';

interface Voters {
  readonly voters: readonly ReplicaId[];
  readonly votersOutgoing: readonly ReplicaId[];
}

/** A quorum of the current voters vouches for `digest`: of both halves while the configuration is joint; learners never count. */
export function isAgreed(votes: readonly DigestVote[], digest: string, voters: Voters): boolean {
  return missingVotes(votes, digest, voters) === 0;
}

/** How many more voters must vouch for `digest`, in the half that lacks more of them. */
export function missingVotes(votes: readonly DigestVote[], digest: string, { voters, votersOutgoing }: Voters): number {
  const agreeing = new Set(votes.filter((vote) => vote.digest === digest).map((vote) => vote.replica));
  const missingIn = (half: readonly ReplicaId[]): number =>
    Math.max(0, Math.floor(half.length / 2) + 1 - half.filter((voter) => agreeing.has(voter)).length);
  return Math.max(missingIn(voters), votersOutgoing.length === 0 ? 0 : missingIn(votersOutgoing));
}

/** How many more holders a chunk needs: min(redundancy, nodes that are not OUT) distinct ones that are not OUT. */
export function missingHolders(holders: readonly NodeId[], placement: Placement): number {
  const wanted = Math.min(placement.redundancy, placement.nodes.length);
  const there = new Set(holders.filter((node) => placement.nodes.includes(node))).size;
  return Math.max(0, wanted - there);
}
