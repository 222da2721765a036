// SPDX-License-Identifier: Apache-2.0

import { infoLevel } from './logger.ts';
import { newMessage } from './message.ts';
import { send } from './send.ts';
import { hex } from './state.ts';
import type { Raft } from './state.ts';
import { noReplica } from './types.ts';
import type { Message } from './types.ts';

/**
 * MsgVote and MsgPreVote in any role. A learner votes as well: it may have been promoted without knowing it yet, and
 * then its vote may be needed for the election that would tell it.
 */
export function onVoteRequest(raft: Raft, message: Message): void {
  const repeated = raft.vote === message.from;
  const free = raft.vote === noReplica && raft.lead === noReplica;
  const future = message.type === 'MsgPreVote' && message.term > raft.term;
  if (!(repeated || free || future) || !raft.log.isUpToDate(message.logTerm, message.index)) {
    rejectVote(raft, message);
    return;
  }
  if (raft.logger.level <= infoLevel) raft.logger.log(infoLevel, describeDecision(raft, message, 'cast', 'for'));
  // The term of the request: for a pre-vote it is ahead of ours, and with ours the answer would be taken for stale.
  respond(raft, message, message.term, false);
  if (message.type === 'MsgVote') {
    raft.electionElapsed = 0;
    raft.vote = message.from;
  }
}

export function rejectVote(raft: Raft, message: Message): void {
  if (raft.logger.level <= infoLevel) raft.logger.log(infoLevel, describeDecision(raft, message, 'rejected', 'from'));
  respond(raft, message, raft.term, true);
}

function respond(raft: Raft, request: Message, term: number, reject: boolean): void {
  const response = newMessage(request.type === 'MsgVote' ? 'MsgVoteResp' : 'MsgPreVoteResp', request.from);
  response.term = term;
  response.reject = reject;
  send(raft, response);
}

/** As `1 [logterm: 1, index: 2, vote: 0] rejected MsgVote from 3 [logterm: 1, index: 1] at term 2`. */
export function describeDecision(raft: Raft, message: Message, verb: string, preposition: string): string {
  const { log, term, vote } = raft;
  return (
    `${hex(raft.id)} [logterm: ${log.lastTerm()}, index: ${log.lastIndex()}, vote: ${hex(vote)}] ` +
    `${verb} ${message.type} ${preposition} ${hex(message.from)} ` +
    `[logterm: ${message.logTerm}, index: ${message.index}] at term ${term}`
  );
}
