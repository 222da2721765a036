// SPDX-License-Identifier: Apache-2.0

import { debugLevel, infoLevel } from '../logger.ts';
import { newMessage } from '../message.ts';
import { send } from '../send.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import type { Progress } from '../tracker/progress.ts';
import { noReplica } from '../types.ts';
import type { Message, ReplicaId } from '../types.ts';
import { sendAppend } from './replicate.ts';

/** Hand leadership to the sender, or to whom the request names as its sender (Raft thesis, section 3.10). */
export function onTransferLeader(raft: Raft, message: Message, progress: Progress): void {
  const { logger } = raft;
  const own = hex(raft.id);
  const transferee = message.from;
  if (progress.isLearner) {
    if (logger.level <= debugLevel) logger.log(debugLevel, `${own} is learner. Ignored transferring leadership`);
    return;
  }
  if (raft.leadTransferee !== noReplica && !abortPrevious(raft, transferee)) return;
  if (transferee === raft.id) {
    if (logger.level <= debugLevel) {
      logger.log(debugLevel, `${own} is already leader. Ignored transferring leadership to self`);
    }
    return;
  }
  const to = hex(transferee);
  if (logger.level <= infoLevel) {
    logger.log(infoLevel, `${own} [term ${raft.term}] starts to transfer leadership to ${to}`);
  }
  // It has one election timeout from here on; then proposals are accepted again.
  raft.electionElapsed = 0;
  raft.leadTransferee = transferee;
  if (progress.match !== raft.log.lastIndex()) {
    sendAppend(raft, progress);
    return;
  }
  sendTimeoutNow(raft, transferee);
  if (logger.level <= infoLevel) {
    const text = `sends MsgTimeoutNow to ${to} immediately as ${to} already has up-to-date log`;
    logger.log(infoLevel, `${own} ${text}`);
  }
}

/** False if the transfer in progress is the one that is asked for again. */
function abortPrevious(raft: Raft, transferee: ReplicaId): boolean {
  const { logger, leadTransferee } = raft;
  const prefix = `${hex(raft.id)} [term ${raft.term}]`;
  const previous = hex(leadTransferee);
  if (leadTransferee === transferee) {
    if (logger.level <= infoLevel) {
      const text = `transfer leadership to ${previous} is in progress, ignores request to same node ${previous}`;
      logger.log(infoLevel, `${prefix} ${text}`);
    }
    return false;
  }
  raft.leadTransferee = noReplica;
  if (logger.level <= infoLevel) {
    logger.log(infoLevel, `${prefix} abort previous transferring leadership to ${previous}`);
  }
  return true;
}

/** Asks a replica to start an election at once. */
export function sendTimeoutNow(raft: Raft, to: ReplicaId): void {
  send(raft, newMessage('MsgTimeoutNow', to));
}
