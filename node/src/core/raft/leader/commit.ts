// SPDX-License-Identifier: Apache-2.0

import type { Raft } from '../state.ts';
import { quorumMatch } from '../tracker/tracker.ts';

/** Commits what a quorum has; true if that moved the commit index, which the others should then be told. */
export function maybeCommit(raft: Raft): boolean {
  return raft.log.maybeCommit(quorumMatch(raft.tracker), raft.term);
}

/** Raft thesis, section 6.4: until then the leader does not know what was committed before it. */
export function committedEntryInCurrentTerm(raft: Raft): boolean {
  return raft.log.termOrZero(raft.log.committed) === raft.term;
}
