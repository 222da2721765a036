// SPDX-License-Identifier: Apache-2.0

import type { ResolvedConfig } from './config.ts';
import type { RaftLog } from './log.ts';
import type { RaftLogger } from './logger.ts';
import type { ReadOnlyQueue } from './read-only.ts';
import type { Tracker } from './tracker/tracker.ts';
import type { HardState, LogIndex, Message, ReadState, ReplicaId, Role, Term } from './types.ts';

/** The whole state of one replica; the functions of this folder are its transitions. */
export interface Raft {
  readonly id: ReplicaId;
  readonly config: ResolvedConfig;
  readonly logger: RaftLogger;
  readonly log: RaftLog;
  readonly tracker: Tracker;

  term: Term;
  vote: ReplicaId;
  role: Role;
  lead: ReplicaId;
  isLearner: boolean;

  /** Target of a leadership transfer in progress (Raft thesis, section 3.10), or 0. */
  leadTransferee: ReplicaId;
  /**
   * At least the index of the latest configuration change in the log. Only one may be unapplied, so none is proposed
   * while the applied index is lower.
   */
  pendingConfIndex: LogIndex;
  /** Payload of the uncommitted tail, as far as this leadership appended it; an underestimate at worst. */
  uncommittedBytes: number;

  readonly readOnly: ReadOnlyQueue;
  /** Reads that came before this leader's first commit in its term. */
  pendingReads: Message[];
  /** Answered reads for the next Ready. */
  readStates: ReadState[];

  /** Ticks since an election timeout passed (leader) or since the leader was last heard from (others). */
  electionElapsed: number;
  /** Ticks since the last heartbeat; leaders only. */
  heartbeatElapsed: number;
  /** The current election timeout, random in [electionTicks, 2 * electionTicks). */
  randomizedElectionTicks: number;

  /** May be sent at once; never to this replica. */
  messages: Message[];
  /**
   * May be sent or (if they are for this replica) handled only when everything unstable so far is durable: votes,
   * requests for votes and acknowledgements of appends, which are promises (Raft thesis, section 3.8).
   */
  messagesAfterAppend: Message[];
}

export function hardStateOf(raft: Raft): HardState {
  return { term: raft.term, vote: raft.vote, commit: raft.log.committed };
}

/** Ids are logged in hexadecimal. */
export function hex(id: ReplicaId): string {
  return id.toString(16);
}

const roleNames = {
  follower: 'StateFollower',
  preCandidate: 'StatePreCandidate',
  candidate: 'StateCandidate',
  leader: 'StateLeader',
} as const;

export function roleName(role: Role): string {
  return roleNames[role];
}
