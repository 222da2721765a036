// SPDX-License-Identifier: Apache-2.0

import type { Raft } from '../state.ts';
import type { Message, StepResult } from '../types.ts';
import { forwardProposal, forwardRead, forwardToLeader } from './forward.ts';
import { handleAppend } from './on-app.ts';
import { onForgetLeader } from './on-forget-leader.ts';
import { handleHeartbeat } from './on-heartbeat.ts';
import { onReadIndexResp } from './on-read-index-resp.ts';
import { handleSnapshot } from './on-snap.ts';
import { onTimeoutNow } from './on-timeout-now.ts';

/** A message of the current term (or without one), at a follower or learner. */
export function stepFollower(raft: Raft, message: Message): StepResult {
  switch (message.type) {
    case 'MsgProp':
      return forwardProposal(raft, message);
    case 'MsgApp':
      heardFromLeader(raft, message);
      handleAppend(raft, message);
      break;
    case 'MsgHeartbeat':
      heardFromLeader(raft, message);
      handleHeartbeat(raft, message);
      break;
    case 'MsgSnap':
      heardFromLeader(raft, message);
      handleSnapshot(raft, message);
      break;
    case 'MsgTransferLeader':
      forwardToLeader(raft, message, 'leader transfer msg');
      break;
    case 'MsgReadIndex':
      forwardRead(raft, message);
      break;
    case 'MsgReadIndexResp':
      onReadIndexResp(raft, message);
      break;
    case 'MsgForgetLeader':
      onForgetLeader(raft);
      break;
    case 'MsgTimeoutNow':
      onTimeoutNow(raft, message);
      break;
    default:
  }
  return 'ok';
}

/** Only the leader of the term sends these. */
function heardFromLeader(raft: Raft, message: Message): void {
  raft.electionElapsed = 0;
  raft.lead = message.from;
}
