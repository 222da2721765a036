// SPDX-License-Identifier: Apache-2.0

import { debugLevel } from '../logger.ts';
import { newMessage } from '../message.ts';
import { send } from '../send.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import type { Message } from '../types.ts';

/** The leader's append: entries to follow (index, logTerm), and its commit index. */
export function handleAppend(raft: Raft, message: Message): void {
  const { log } = raft;
  const response = newMessage('MsgAppResp', message.from);
  if (message.index < log.committed) {
    response.index = log.committed;
  } else if (log.maybeAppend(message.index, message.logTerm, message.entries)) {
    const lastNewIndex = message.index + message.entries.length;
    log.commitTo(Math.min(message.commit, lastNewIndex));
    response.index = lastNewIndex;
  } else {
    logRejection(raft, message);
    // The largest entry of ours that the leader's log may contain as well: this skips a divergent tail of later terms
    // in one step (see the leader's side in on-app-resp.ts).
    const hint = log.findConflictByTerm(Math.min(message.index, log.lastIndex()), message.logTerm);
    response.index = message.index;
    response.reject = true;
    response.rejectHint = hint.index;
    response.logTerm = hint.term;
  }
  send(raft, response);
}

function logRejection(raft: Raft, message: Message): void {
  if (raft.logger.level > debugLevel) return;
  const { index, logTerm, from } = message;
  const own = `[logterm: ${raft.log.termOrZero(index)}, index: ${index}]`;
  const rejected = `MsgApp [logterm: ${logTerm}, index: ${index}] from ${hex(from)}`;
  raft.logger.log(debugLevel, `${hex(raft.id)} ${own} rejected ${rejected}`);
}
