// SPDX-License-Identifier: Apache-2.0

import { debugLevel } from '../logger.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import type { Progress } from '../tracker/progress.ts';
import type { Message, StepResult } from '../types.ts';
import { onAppResp } from './on-app-resp.ts';
import { onCheckQuorum } from './on-check-quorum.ts';
import { onHeartbeatResp } from './on-heartbeat-resp.ts';
import { onProposal } from './on-prop.ts';
import { onReadIndex } from './on-read-index.ts';
import { onSnapStatus } from './on-snap-status.ts';
import { onTransferLeader } from './on-transfer-leader.ts';
import { onUnreachable } from './on-unreachable.ts';
import { broadcastHeartbeat } from './replicate.ts';

/** A message of the current term (or without one), at a leader. */
export function stepLeader(raft: Raft, message: Message): StepResult {
  switch (message.type) {
    case 'MsgProp':
      return onProposal(raft, message.entries);
    case 'MsgBeat':
      broadcastHeartbeat(raft);
      return 'ok';
    case 'MsgCheckQuorum':
      onCheckQuorum(raft);
      return 'ok';
    case 'MsgReadIndex':
      onReadIndex(raft, message);
      return 'ok';
    case 'MsgForgetLeader':
      return 'ok';
    default:
      return stepFromMember(raft, message);
  }
}

function stepFromMember(raft: Raft, message: Message): StepResult {
  const progress = raft.tracker.progress.get(message.from);
  if (progress === undefined) {
    if (raft.logger.level <= debugLevel) {
      raft.logger.log(debugLevel, `${hex(raft.id)} no progress available for ${hex(message.from)}`);
    }
    return 'ok';
  }
  onMemberMessage(raft, message, progress);
  return 'ok';
}

function onMemberMessage(raft: Raft, message: Message, progress: Progress): void {
  switch (message.type) {
    case 'MsgAppResp':
      return onAppResp(raft, message, progress);
    case 'MsgHeartbeatResp':
      return onHeartbeatResp(raft, message, progress);
    case 'MsgSnapStatus':
      return onSnapStatus(raft, message, progress);
    case 'MsgUnreachable':
      return onUnreachable(raft, message, progress);
    case 'MsgTransferLeader':
      return onTransferLeader(raft, message, progress);
    default:
      return undefined;
  }
}
