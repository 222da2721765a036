// SPDX-License-Identifier: Apache-2.0

import { hardStateOf } from './state.ts';
import type { Raft } from './state.ts';
import { describeProgress, isPaused } from './tracker/progress.ts';
import type { Progress, ProgressState } from './tracker/progress.ts';
import { confStateOf } from './tracker/tracker.ts';
import type { ConfState, HardState, LogIndex, ReplicaId, Role } from './types.ts';

/** What is cheap to know at any time. */
export interface BasicStatus {
  readonly id: ReplicaId;
  readonly lead: ReplicaId;
  readonly role: Role;
  readonly hardState: HardState;
  readonly applied: LogIndex;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  /** Target of a leadership transfer in progress; 0 without one. */
  readonly leadTransferee: ReplicaId;
}

/** What a leader knows about one member, itself included. */
export interface ProgressStatus {
  readonly id: ReplicaId;
  readonly match: LogIndex;
  readonly next: LogIndex;
  readonly state: ProgressState;
  readonly pendingSnapshot: LogIndex;
  readonly recentActive: boolean;
  readonly paused: boolean;
  readonly isLearner: boolean;
  readonly inflightMsgs: number;
  readonly inflightFull: boolean;
  /** All of it for human readers. */
  readonly text: string;
}

export interface Status extends BasicStatus {
  readonly confState: ConfState;
  /** In the order of the ids; empty unless leader. */
  readonly progress: readonly ProgressStatus[];
}

export function basicStatusOf(raft: Raft): BasicStatus {
  return {
    id: raft.id,
    lead: raft.lead,
    role: raft.role,
    hardState: hardStateOf(raft),
    applied: raft.log.window.applied,
    firstIndex: raft.log.firstIndex(),
    lastIndex: raft.log.lastIndex(),
    leadTransferee: raft.leadTransferee,
  };
}

export function statusOf(raft: Raft): Status {
  const members = raft.role === 'leader' ? [...raft.tracker.progress.values()] : [];
  return { ...basicStatusOf(raft), confState: confStateOf(raft.tracker.config), progress: members.map(progressStatus) };
}

function progressStatus(progress: Progress): ProgressStatus {
  const { id, match, next, state, pendingSnapshot, recentActive, isLearner, inflights } = progress;
  return {
    id,
    match,
    next,
    state,
    pendingSnapshot,
    recentActive,
    paused: isPaused(progress),
    isLearner,
    inflightMsgs: inflights.count,
    inflightFull: inflights.full(),
    text: describeProgress(progress),
  };
}
