// SPDX-License-Identifier: Apache-2.0

import { debugLevel } from '../logger.ts';
import { newMessage } from '../message.ts';
import type { MutableMessage } from '../message.ts';
import { jointVoteResult } from '../quorum/joint.ts';
import { maxPendingReads } from '../read-only.ts';
import { send } from '../send.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import { isOnlyVoter } from '../tracker/tracker.ts';
import { noReplica } from '../types.ts';
import type { LogIndex, Message } from '../types.ts';
import { committedEntryInCurrentTerm } from './commit.ts';
import { broadcastHeartbeat } from './replicate.ts';

/**
 * A read of this replica's own, or one forwarded by a follower (Raft thesis, section 6.4). A group of one waits for its
 * first commit as well: after a restart the commit index on disk may be behind what clients were told.
 */
export function onReadIndex(raft: Raft, message: Message): void {
  if (message.entries.length !== 1) return;
  if (raft.readOnly.pending + raft.pendingReads.length >= maxPendingReads) {
    if (raft.logger.level <= debugLevel) {
      raft.logger.log(debugLevel, `${hex(raft.id)} dropping index reading msg: ${maxPendingReads} are pending`);
    }
  } else if (committedEntryInCurrentTerm(raft)) {
    startRead(raft, message);
  } else {
    raft.pendingReads.push(message);
  }
}

/** The first commit of the term has come: the commit index is now good for reads. */
export function releasePendingReads(raft: Raft): void {
  if (raft.pendingReads.length === 0 || !committedEntryInCurrentTerm(raft)) return;
  const messages = raft.pendingReads;
  raft.pendingReads = [];
  for (const message of messages) startRead(raft, message);
}

function startRead(raft: Raft, message: Message): void {
  const { readOnlyOption } = raft.config;
  if (readOnlyOption === 'leaseBased' || isOnlyVoter(raft.tracker, raft.id) || isVouchedFor(raft, message)) {
    respond(raft, message, raft.log.committed);
    return;
  }
  raft.readOnly.add(message, raft.log.committed);
  raft.readOnly.acknowledge(raft.id, raft.readOnly.heartbeatContext());
  broadcastHeartbeat(raft);
}

/**
 * The sender followed this leader in this term when it sent the read, which is after the read began; so nobody had been
 * elected in a later term by then with the sender's vote, nor with this replica's. If no quorum is without both of them,
 * nothing that was committed before the read began is missing here. What its word says of earlier reads in the queue is
 * nothing: those may have begun after it was sent.
 */
function isVouchedFor(raft: Raft, { from, logTerm }: Message): boolean {
  if (!raft.config.vouchedReads || from === noReplica || logTerm !== raft.term) return false;
  const followers = new Map([
    [raft.id, true],
    [from, true],
  ]);
  return jointVoteResult(raft.tracker.config, followers) === 'won';
}

function respond(raft: Raft, message: Message, index: LogIndex): void {
  const response = answerRead(raft, message, index);
  if (response !== undefined) send(raft, response);
}

/** Answers a read: own ones through the next Ready, others by the message that is returned. */
export function answerRead(raft: Raft, request: Message, index: LogIndex): MutableMessage | undefined {
  if (request.from === 0 || request.from === raft.id) {
    const requestContext = request.entries[0]?.data;
    if (requestContext !== undefined) raft.readStates.push({ index, requestContext });
    return undefined;
  }
  const response = newMessage('MsgReadIndexResp', request.from);
  response.index = index;
  response.entries = request.entries;
  return response;
}
