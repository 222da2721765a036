// SPDX-License-Identifier: Apache-2.0

import type { LogIndex, ReplicaId } from '../types.ts';

/** Voters of one majority, ascending and without repetition. */
export type MajorityConfig = readonly ReplicaId[];

/** What each voter has acknowledged; undefined when nothing is known of it. */
export interface AckedIndexes {
  ackedIndex(voter: ReplicaId): LogIndex | undefined;
}

export type VoteResult = 'pending' | 'lost' | 'won';

/**
 * The largest index that a majority has acknowledged. An empty configuration has no objection to any index
 * (Infinity), so that it is neutral as one half of a joint configuration.
 */
export function majorityCommittedIndex(config: MajorityConfig, acked: AckedIndexes): LogIndex {
  const count = config.length;
  if (count === 0) return Number.POSITIVE_INFINITY;
  const indexes: LogIndex[] = [];
  for (const voter of config) insertAscending(indexes, acked.ackedIndex(voter) ?? 0);
  return indexes[count - (Math.floor(count / 2) + 1)] ?? 0;
}

/** Insertion sort: there are hardly ever more than five voters, and this runs on every acknowledgement. */
function insertAscending(sorted: LogIndex[], value: LogIndex): void {
  let at = sorted.length;
  sorted.push(value);
  for (; at > 0; at--) {
    const before = sorted[at - 1] ?? 0;
    if (before <= value) break;
    sorted[at] = before;
  }
  sorted[at] = value;
}

/** An empty configuration has won, so that it is neutral as one half of a joint configuration. */
export function majorityVoteResult(config: MajorityConfig, votes: ReadonlyMap<ReplicaId, boolean>): VoteResult {
  if (config.length === 0) return 'won';
  let granted = 0;
  let missing = 0;
  for (const voter of config) {
    const vote = votes.get(voter);
    if (vote === undefined) missing++;
    else if (vote) granted++;
  }
  const quorum = Math.floor(config.length / 2) + 1;
  if (granted >= quorum) return 'won';
  return granted + missing >= quorum ? 'pending' : 'lost';
}

/** As `(1 2 a)`: ids are printed in hexadecimal everywhere. */
export function describeMajority(config: MajorityConfig): string {
  return `(${config.map((id) => id.toString(16)).join(' ')})`;
}
