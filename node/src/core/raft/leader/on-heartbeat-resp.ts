// SPDX-License-Identifier: Apache-2.0

import { send } from '../send.ts';
import type { Raft } from '../state.ts';
import type { Progress } from '../tracker/progress.ts';
import type { Message } from '../types.ts';
import { answerRead } from './on-read-index.ts';
import { sendAppend } from './replicate.ts';

/** A follower is alive: let replication to it go on, and count it for the reads that the heartbeat carried. */
export function onHeartbeatResp(raft: Raft, message: Message, progress: Progress): void {
  progress.recentActive = true;
  progress.appFlowPaused = false;
  // Even with a full window an (empty) append is sent, in case all that fills it was lost; even without entries to
  // send it is, if the follower is being probed, because its acknowledgement ends that.
  if (progress.match < raft.log.lastIndex() || progress.state === 'probe') sendAppend(raft, progress);

  if (raft.config.readOnlyOption !== 'safe' || message.context === undefined) return;
  raft.readOnly.acknowledge(message.from, message.context);
  for (const request of raft.readOnly.takeConfirmed(raft.tracker.config)) {
    const response = answerRead(raft, request.message, request.index);
    if (response !== undefined) send(raft, response);
  }
}
