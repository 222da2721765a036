// SPDX-License-Identifier: Apache-2.0

import { handleAppend } from '../follower/on-app.ts';
import { handleHeartbeat } from '../follower/on-heartbeat.ts';
import { handleSnapshot } from '../follower/on-snap.ts';
import { debugLevel, infoLevel } from '../logger.ts';
import { becomeFollower } from '../roles.ts';
import { hex, roleName } from '../state.ts';
import type { Raft } from '../state.ts';
import type { Message, StepResult } from '../types.ts';
import { onVoteResponse } from './on-vote-resp.ts';

/** A message of the current term (or without one), at a candidate or pre-candidate. */
export function stepCandidate(raft: Raft, message: Message): StepResult {
  switch (message.type) {
    case 'MsgProp':
      if (raft.logger.level <= infoLevel) {
        raft.logger.log(infoLevel, `${hex(raft.id)} no leader at term ${raft.term}; dropping proposal`);
      }
      return 'proposalDropped';
    // The term has a leader already: these come from no one else.
    case 'MsgApp':
      becomeFollower(raft, message.term, message.from);
      handleAppend(raft, message);
      break;
    case 'MsgHeartbeat':
      becomeFollower(raft, message.term, message.from);
      handleHeartbeat(raft, message);
      break;
    case 'MsgSnap':
      becomeFollower(raft, message.term, message.from);
      handleSnapshot(raft, message);
      break;
    case 'MsgVoteResp':
      if (raft.role === 'candidate') onVoteResponse(raft, message);
      break;
    case 'MsgPreVoteResp':
      // Answers of the pre-election may still come in when the election has begun.
      if (raft.role === 'preCandidate') onVoteResponse(raft, message);
      break;
    case 'MsgTimeoutNow':
      if (raft.logger.level <= debugLevel) {
        const state = `[term ${raft.term} state ${roleName(raft.role)}]`;
        raft.logger.log(debugLevel, `${hex(raft.id)} ${state} ignored MsgTimeoutNow from ${hex(message.from)}`);
      }
      break;
    default:
  }
  return 'ok';
}
