// SPDX-License-Identifier: Apache-2.0

import { newMessage } from '../message.ts';
import { send } from '../send.ts';
import type { Raft } from '../state.ts';
import type { Message } from '../types.ts';

/** The leader lives. Its commit index is one that we are known to have. */
export function handleHeartbeat(raft: Raft, message: Message): void {
  raft.log.commitTo(message.commit);
  const response = newMessage('MsgHeartbeatResp', message.from);
  response.context = message.context;
  send(raft, response);
}
