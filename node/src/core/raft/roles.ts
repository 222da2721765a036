// SPDX-License-Identifier: Apache-2.0

import { broken } from './invariant.ts';
import { appendEntries } from './leader/append.ts';
import { infoLevel } from './logger.ts';
import { hex } from './state.ts';
import type { Raft } from './state.ts';
import { becomeReplicate } from './tracker/progress.ts';
import { noReplica } from './types.ts';
import type { Entry, ReplicaId, Term } from './types.ts';

const emptyEntry: Entry = { term: 0, index: 0, type: 'normal', data: new Uint8Array(0) };

function logRole(raft: Raft, name: string): void {
  if (raft.logger.level <= infoLevel) {
    raft.logger.log(infoLevel, `${hex(raft.id)} became ${name} at term ${raft.term}`);
  }
}

/** Everything that belongs to one role in one term starts anew. */
function reset(raft: Raft, term: Term): void {
  if (raft.term !== term) {
    raft.term = term;
    raft.vote = noReplica;
  }
  raft.lead = noReplica;
  raft.electionElapsed = 0;
  raft.heartbeatElapsed = 0;
  randomizeElectionTimeout(raft);
  raft.leadTransferee = noReplica;
  raft.tracker.votes.clear();
  resetProgress(raft);
  raft.pendingConfIndex = 0;
  raft.uncommittedBytes = 0;
  raft.readOnly.reset();
  raft.pendingReads = [];
}

function resetProgress(raft: Raft): void {
  const lastIndex = raft.log.lastIndex();
  for (const progress of raft.tracker.progress.values()) {
    progress.match = progress.id === raft.id ? lastIndex : 0;
    progress.next = lastIndex + 1;
    progress.sentCommit = 0;
    progress.state = 'probe';
    progress.pendingSnapshot = 0;
    progress.recentActive = false;
    progress.appFlowPaused = false;
    progress.inflights.reset();
  }
}

function randomizeElectionTimeout(raft: Raft): void {
  const { electionTicks, random } = raft.config;
  raft.randomizedElectionTicks = electionTicks + random(electionTicks);
}

export function becomeFollower(raft: Raft, term: Term, lead: ReplicaId): void {
  reset(raft, term);
  raft.lead = lead;
  raft.role = 'follower';
  logRole(raft, 'follower');
}

export function becomeCandidate(raft: Raft): void {
  if (raft.role === 'leader') broken('invalid transition [leader -> candidate]');
  reset(raft, raft.term + 1);
  raft.vote = raft.id;
  raft.role = 'candidate';
  logRole(raft, 'candidate');
}

/** Asks for votes without having changed its term or vote (Raft thesis, section 9.6). */
export function becomePreCandidate(raft: Raft): void {
  if (raft.role === 'leader') broken('invalid transition [leader -> pre-candidate]');
  raft.tracker.votes.clear();
  raft.lead = noReplica;
  raft.role = 'preCandidate';
  logRole(raft, 'pre-candidate');
}

export function becomeLeader(raft: Raft): void {
  if (raft.role === 'follower') broken('invalid transition [follower -> leader]');
  reset(raft, raft.term);
  raft.lead = raft.id;
  raft.role = 'leader';
  const own = raft.tracker.progress.get(raft.id) ?? broken(`leader ${raft.id} is no member`);
  becomeReplicate(own);
  own.recentActive = true;
  // There may be a configuration change in the tail. It is safe to wait for all of it, and cheaper than to look.
  raft.pendingConfIndex = raft.log.lastIndex();
  if (!appendEntries(raft, [emptyEntry])) broken('the empty entry of a new leader was dropped');
  logRole(raft, 'leader');
}
