// SPDX-License-Identifier: Apache-2.0

import type { LogIndex, ReplicaId } from '../types.ts';
import { describeMajority, majorityCommittedIndex, majorityVoteResult } from './majority.ts';
import type { AckedIndexes, MajorityConfig, VoteResult } from './majority.ts';

/** Decisions need both majorities (Raft thesis, section 4.3). `outgoing` is empty unless in transition. */
export interface JointConfig {
  readonly incoming: MajorityConfig;
  readonly outgoing: MajorityConfig;
}

export function isJoint(config: JointConfig): boolean {
  return config.outgoing.length > 0;
}

export function jointCommittedIndex(config: JointConfig, acked: AckedIndexes): LogIndex {
  const incoming = majorityCommittedIndex(config.incoming, acked);
  if (config.outgoing.length === 0) return incoming;
  return Math.min(incoming, majorityCommittedIndex(config.outgoing, acked));
}

export function jointVoteResult(config: JointConfig, votes: ReadonlyMap<ReplicaId, boolean>): VoteResult {
  const incoming = majorityVoteResult(config.incoming, votes);
  const outgoing = majorityVoteResult(config.outgoing, votes);
  if (incoming === outgoing) return incoming;
  return incoming === 'lost' || outgoing === 'lost' ? 'lost' : 'pending';
}

export function isVoter(config: JointConfig, id: ReplicaId): boolean {
  return config.incoming.includes(id) || config.outgoing.includes(id);
}

/** Voters of both halves, ascending and without repetition. */
export function allVoters(config: JointConfig): readonly ReplicaId[] {
  if (config.outgoing.length === 0) return config.incoming;
  return [...new Set([...config.incoming, ...config.outgoing])].toSorted((a, b) => a - b);
}

export function describeJoint(config: JointConfig): string {
  const incoming = describeMajority(config.incoming);
  return isJoint(config) ? `${incoming}&&${describeMajority(config.outgoing)}` : incoming;
}
