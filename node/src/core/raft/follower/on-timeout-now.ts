// SPDX-License-Identifier: Apache-2.0

import { hup } from '../election.ts';
import { infoLevel } from '../logger.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import type { Message } from '../types.ts';

/** The leader hands over. No pre-vote: there is no partition to recover from, and a round trip to save. */
export function onTimeoutNow(raft: Raft, message: Message): void {
  if (raft.logger.level <= infoLevel) {
    const what = `received MsgTimeoutNow from ${hex(message.from)} and starts an election to get leadership.`;
    raft.logger.log(infoLevel, `${hex(raft.id)} [term ${raft.term}] ${what}`);
  }
  hup(raft, 'transfer');
}
