// SPDX-License-Identifier: Apache-2.0

import type { ProgressState } from './tracker/progress.ts';
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
}

export interface Status extends BasicStatus {
  readonly confState: ConfState;
  /** In the order of the ids; empty unless leader. */
  readonly progress: readonly ProgressStatus[];
}
