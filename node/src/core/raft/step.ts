// SPDX-License-Identifier: Apache-2.0

import { onStaleStorageAppendResp, onStorageAppendResp, onStorageApplyResp } from './applied.ts';
import { stepCandidate } from './candidate/step.ts';
import { hup, isTransferContext } from './election.ts';
import { stepFollower } from './follower/step.ts';
import { stepLeader } from './leader/step.ts';
import { infoLevel } from './logger.ts';
import { newMessage } from './message.ts';
import { becomeFollower } from './roles.ts';
import { send } from './send.ts';
import { hex } from './state.ts';
import type { Raft } from './state.ts';
import { noReplica } from './types.ts';
import type { Message, StepResult } from './types.ts';
import { describeDecision, onVoteRequest, rejectVote } from './vote.ts';

/** Hands one message to the state machine. Terms first: they decide whether the message counts at all. */
export function step(raft: Raft, message: Message): StepResult {
  if (message.term !== 0) {
    if (message.term > raft.term) {
      if (!enterTerm(raft, message)) return 'ok';
    } else if (message.term < raft.term) {
      onLowerTerm(raft, message);
      return 'ok';
    }
  }
  switch (message.type) {
    case 'MsgHup':
      hup(raft, raft.config.preVote ? 'preElection' : 'election');
      return 'ok';
    case 'MsgStorageAppendResp':
      onStorageAppendResp(raft, message);
      return 'ok';
    case 'MsgStorageApplyResp':
      onStorageApplyResp(raft, message);
      return 'ok';
    case 'MsgVote':
    case 'MsgPreVote':
      onVoteRequest(raft, message);
      return 'ok';
    default:
      return stepRole(raft, message);
  }
}

function stepRole(raft: Raft, message: Message): StepResult {
  switch (raft.role) {
    case 'leader':
      return stepLeader(raft, message);
    case 'follower':
      return stepFollower(raft, message);
    case 'candidate':
    case 'preCandidate':
      return stepCandidate(raft, message);
  }
}

/** A message of a later term: usually the end of the current one. False if the message is to be ignored. */
function enterTerm(raft: Raft, message: Message): boolean {
  const { type, from, term } = message;
  if ((type === 'MsgVote' || type === 'MsgPreVote') && ignoresVotes(raft, message)) return false;
  // A pre-vote, or a granted one, is about a term that nobody has entered yet.
  if (type === 'MsgPreVote' || (type === 'MsgPreVoteResp' && !message.reject)) return true;
  if (raft.logger.level <= infoLevel) {
    const what = `received a ${type} message with higher term from ${hex(from)} [term: ${term}]`;
    raft.logger.log(infoLevel, `${hex(raft.id)} [term: ${raft.term}] ${what}`);
  }
  const fromLeader = type === 'MsgApp' || type === 'MsgHeartbeat' || type === 'MsgSnap';
  becomeFollower(raft, term, fromLeader ? from : noReplica);
  return true;
}

/**
 * Raft thesis, section 4.2.3: within an election timeout of hearing from the leader, requests for votes are ignored,
 * unless that leader itself has asked for the election.
 */
function ignoresVotes(raft: Raft, message: Message): boolean {
  const { electionTicks, checkQuorum } = raft.config;
  const inLease = checkQuorum && raft.lead !== noReplica && raft.electionElapsed < electionTicks;
  if (!inLease || isTransferContext(message.context)) return false;
  if (raft.logger.level <= infoLevel) {
    const remaining = electionTicks - raft.electionElapsed;
    const decision = describeDecision(raft, message, 'ignored', 'from');
    raft.logger.log(infoLevel, `${decision}: lease is not expired (remaining ticks: ${remaining})`);
  }
  return true;
}

/** A message of an earlier term is ignored, except where its sender would otherwise stay behind forever. */
function onLowerTerm(raft: Raft, message: Message): void {
  const { type } = message;
  const { checkQuorum, preVote } = raft.config;
  if ((checkQuorum || preVote) && (type === 'MsgHeartbeat' || type === 'MsgApp')) {
    // We are ahead of a live leader (after a partition, say) and with these options our requests for votes do not
    // make it step down. Our term does. With pre-vote this is rare.
    send(raft, newMessage('MsgAppResp', message.from));
  } else if (type === 'MsgPreVote') {
    // Silence could deadlock an upgrade to pre-vote: the candidate must learn our term.
    rejectVote(raft, message);
  } else if (type === 'MsgStorageAppendResp') {
    onStaleStorageAppendResp(raft, message);
  } else if (raft.logger.level <= infoLevel) {
    const what = `ignored a ${type} message with lower term from ${hex(message.from)} [term: ${message.term}]`;
    raft.logger.log(infoLevel, `${hex(raft.id)} [term: ${raft.term}] ${what}`);
  }
}
