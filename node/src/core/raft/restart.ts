// SPDX-License-Identifier: Apache-2.0

import type { ResolvedConfig } from './config.ts';
import { broken } from './invariant.ts';
import { RaftLog } from './log.ts';
import { infoLevel } from './logger.ts';
import { restoreConfState } from './membership.ts';
import { allVoters } from './quorum/joint.ts';
import { ReadOnlyQueue } from './read-only.ts';
import { becomeFollower } from './roles.ts';
import { hex } from './state.ts';
import type { Raft } from './state.ts';
import { newTracker } from './tracker/tracker.ts';
import { noReplica } from './types.ts';
import type { HardState } from './types.ts';

/** A replica as its storage left it: follower of nobody. */
export function newRaft(config: ResolvedConfig): Raft {
  const { id, logger, storage } = config;
  const { hardState, confState } = storage.initialState();
  const raft: Raft = {
    id,
    config,
    logger,
    log: new RaftLog(storage, logger, config.maxCommittedSizePerReadyBytes),
    tracker: newTracker(config.maxInflightMsgs, config.maxInflightBytes),
    term: 0,
    vote: noReplica,
    role: 'follower',
    lead: noReplica,
    isLearner: false,
    leadTransferee: noReplica,
    pendingConfIndex: 0,
    uncommittedBytes: 0,
    readOnly: new ReadOnlyQueue(),
    pendingReads: [],
    readStates: [],
    electionElapsed: 0,
    heartbeatElapsed: 0,
    randomizedElectionTicks: config.electionTicks,
    messages: [],
    messagesAfterAppend: [],
  };
  const lastIndex = raft.log.lastIndex();
  const lastTerm = raft.log.lastTerm();
  restoreConfState(raft, confState);
  if (hardState !== undefined) loadHardState(raft, hardState);
  if (config.applied > 0) raft.log.window.appliedTo(config.applied, 0, raft.log.committed);
  becomeFollower(raft, raft.term, noReplica);
  if (logger.level <= infoLevel) {
    const peers = allVoters(raft.tracker.config).map(hex).join(',');
    const { committed, window } = raft.log;
    const state = `term: ${raft.term}, commit: ${committed}, applied: ${window.applied}`;
    const last = `lastindex: ${lastIndex}, lastterm: ${lastTerm}`;
    logger.log(infoLevel, `newRaft ${hex(id)} [peers: [${peers}], ${state}, ${last}]`);
  }
  return raft;
}

function loadHardState(raft: Raft, hardState: HardState): void {
  const { term, vote, commit } = hardState;
  if (term === 0 && vote === noReplica && commit === 0) return;
  const { committed } = raft.log;
  const lastIndex = raft.log.lastIndex();
  if (commit < committed || commit > lastIndex) {
    broken(`replica ${raft.id}: commit ${commit} is out of range [${committed}, ${lastIndex}]`);
  }
  raft.log.committed = commit;
  raft.term = term;
  raft.vote = vote;
}
