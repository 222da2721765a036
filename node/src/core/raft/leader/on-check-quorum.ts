// SPDX-License-Identifier: Apache-2.0

import { warnLevel } from '../logger.ts';
import { becomeFollower } from '../roles.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import { quorumActive } from '../tracker/tracker.ts';
import { noReplica } from '../types.ts';

/** Once per election timeout: a leader that does not hear from a quorum steps down (Raft thesis, section 6.2). */
export function onCheckQuorum(raft: Raft): void {
  if (!quorumActive(raft.tracker)) {
    if (raft.logger.level <= warnLevel) {
      raft.logger.log(warnLevel, `${hex(raft.id)} stepped down to follower since quorum is not active`);
    }
    becomeFollower(raft, raft.term, noReplica);
  }
  for (const progress of raft.tracker.progress.values()) {
    if (progress.id !== raft.id) progress.recentActive = false;
  }
}
