// SPDX-License-Identifier: Apache-2.0

import { campaign, poll } from '../election.ts';
import { broadcastAppend } from '../leader/replicate.ts';
import { infoLevel } from '../logger.ts';
import { becomeFollower, becomeLeader } from '../roles.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import { noReplica } from '../types.ts';
import type { Message } from '../types.ts';

/** A vote, or a pre-vote for a pre-candidate. */
export function onVoteResponse(raft: Raft, message: Message): void {
  const { granted, rejected, result } = poll(raft, message);
  if (raft.logger.level <= infoLevel) {
    const what = `${granted} ${message.type} votes and ${rejected} vote rejections`;
    raft.logger.log(infoLevel, `${hex(raft.id)} has received ${what}`);
  }
  if (result === 'lost') {
    // Our own term: that of a pre-vote's response lies in the future.
    becomeFollower(raft, raft.term, noReplica);
  } else if (result === 'won') {
    if (raft.role === 'preCandidate') {
      campaign(raft, 'election');
    } else {
      becomeLeader(raft);
      broadcastAppend(raft);
    }
  }
}
