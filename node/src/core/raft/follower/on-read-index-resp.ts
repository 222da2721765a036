// SPDX-License-Identifier: Apache-2.0

import { errorLevel } from '../logger.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import type { Message } from '../types.ts';

/** The leader's answer to a read that this follower forwarded. */
export function onReadIndexResp(raft: Raft, message: Message): void {
  const request = message.entries[0];
  if (request === undefined || message.entries.length !== 1) {
    if (raft.logger.level <= errorLevel) {
      const what = `invalid format of MsgReadIndexResp from ${hex(message.from)}`;
      raft.logger.log(errorLevel, `${hex(raft.id)} ${what}, entries count: ${message.entries.length}`);
    }
    return;
  }
  raft.readStates.push({ index: message.index, requestContext: request.data });
}
