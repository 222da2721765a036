// SPDX-License-Identifier: Apache-2.0

import { hup, promotable } from './election.ts';
import { onCheckQuorum } from './leader/on-check-quorum.ts';
import { broadcastHeartbeat } from './leader/replicate.ts';
import type { Raft } from './state.ts';
import { noReplica } from './types.ts';

export function tick(raft: Raft): void {
  if (raft.role === 'leader') tickLeader(raft);
  else tickElection(raft);
}

function tickElection(raft: Raft): void {
  raft.electionElapsed++;
  if (raft.electionElapsed < raft.randomizedElectionTicks || !promotable(raft)) return;
  raft.electionElapsed = 0;
  hup(raft, raft.config.preVote ? 'preElection' : 'election');
}

function tickLeader(raft: Raft): void {
  raft.heartbeatElapsed++;
  raft.electionElapsed++;
  if (raft.electionElapsed >= raft.config.electionTicks) {
    raft.electionElapsed = 0;
    if (raft.config.checkQuorum) onCheckQuorum(raft);
    if (!isLeader(raft)) return;
    // A transfer that takes longer has failed; proposals are accepted again.
    raft.leadTransferee = noReplica;
  }
  if (raft.heartbeatElapsed < raft.config.heartbeatTicks) return;
  raft.heartbeatElapsed = 0;
  broadcastHeartbeat(raft);
}

function isLeader(raft: Raft): boolean {
  return raft.role === 'leader';
}
