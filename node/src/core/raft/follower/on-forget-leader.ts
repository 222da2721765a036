// SPDX-License-Identifier: Apache-2.0

import { errorLevel, infoLevel } from '../logger.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import { noReplica } from '../types.ts';

/** Makes this follower free to vote, without a new term. Refused where leases rely on its loyalty. */
export function onForgetLeader(raft: Raft): void {
  const { logger } = raft;
  if (raft.config.readOnlyOption === 'leaseBased') {
    if (logger.level <= errorLevel) logger.log(errorLevel, 'ignoring MsgForgetLeader due to ReadOnlyLeaseBased');
    return;
  }
  if (raft.lead === noReplica) return;
  if (logger.level <= infoLevel) {
    logger.log(infoLevel, `${hex(raft.id)} forgetting leader ${hex(raft.lead)} at term ${raft.term}`);
  }
  raft.lead = noReplica;
}
