// SPDX-License-Identifier: Apache-2.0

import { infoLevel } from '../logger.ts';
import { send } from '../send.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import { noReplica } from '../types.ts';
import type { Message, StepResult } from '../types.ts';

/** A proposal is the leader's to append. */
export function forwardProposal(raft: Raft, message: Message): StepResult {
  const { logger, lead } = raft;
  if (lead === noReplica) {
    logDropped(raft, 'dropping proposal');
    return 'proposalDropped';
  }
  if (raft.config.disableProposalForwarding) {
    if (logger.level <= infoLevel) {
      const text = `not forwarding to leader ${hex(lead)} at term ${raft.term}; dropping proposal`;
      logger.log(infoLevel, `${hex(raft.id)} ${text}`);
    }
    return 'proposalDropped';
  }
  forward(raft, message);
  return 'ok';
}

/** Other requests are forwarded as they are; `what` names them in the log. */
export function forwardToLeader(raft: Raft, message: Message, what: string): void {
  if (raft.lead === noReplica) logDropped(raft, `dropping ${what}`);
  else forward(raft, message);
}

/** A read of this replica's own vouches for the leader; one that only passes through speaks for whoever sent it. */
export function forwardRead(raft: Raft, message: Message): void {
  const vouches = raft.config.vouchedReads && message.from === noReplica;
  forwardToLeader(raft, vouches ? { ...message, logTerm: raft.term } : message, 'index reading msg');
}

/** The message stays its sender's: the answer goes there. */
function forward(raft: Raft, message: Message): void {
  send(raft, { ...message, to: raft.lead });
}

function logDropped(raft: Raft, what: string): void {
  if (raft.logger.level <= infoLevel) {
    raft.logger.log(infoLevel, `${hex(raft.id)} no leader at term ${raft.term}; ${what}`);
  }
}
