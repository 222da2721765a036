// SPDX-License-Identifier: Apache-2.0

import { broken } from './invariant.ts';
import type { MutableMessage } from './message.ts';
import type { Raft } from './state.ts';

/**
 * Queues a message. Votes and acknowledgements (of this replica's own as well) wait until what they promise is
 * durable; rejections wait with them, because they may rest on state that is not durable yet. So do requests for votes:
 * a candidate must not ask twice in one term, with different logs (Raft thesis, section 3.8).
 */
export function send(raft: Raft, message: MutableMessage): void {
  if (message.from === 0) message.from = raft.id;
  switch (message.type) {
    case 'MsgVoteResp':
    case 'MsgPreVoteResp':
    case 'MsgVote':
    case 'MsgPreVote':
      // A pre-vote is about a term in the future: the caller says which.
      if (message.term === 0) broken(`term should be set when sending ${message.type}`);
      break;
    case 'MsgProp':
    case 'MsgReadIndex':
      // Forwarded on behalf of a client: as good in any term.
      message.term = 0;
      break;
    default:
      message.term = raft.term;
  }
  switch (message.type) {
    case 'MsgAppResp':
    case 'MsgVoteResp':
    case 'MsgPreVoteResp':
      raft.messagesAfterAppend.push(message);
      break;
    case 'MsgVote':
      (raft.config.earlyVoteRequests ? raft.messages : raft.messagesAfterAppend).push(message);
      break;
    default:
      if (message.to === raft.id) broken(`message should not be self-addressed when sending ${message.type}`);
      raft.messages.push(message);
  }
}
