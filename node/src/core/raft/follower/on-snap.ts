// SPDX-License-Identifier: Apache-2.0

import { infoLevel, warnLevel } from '../logger.ts';
import { restoreConfState } from '../membership.ts';
import { newMessage } from '../message.ts';
import { becomeFollower } from '../roles.ts';
import { send } from '../send.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import { noReplica } from '../types.ts';
import type { ConfState, Message, ReplicaId, Snapshot } from '../types.ts';

/** The leader's snapshot, in place of entries that it no longer has. */
export function handleSnapshot(raft: Raft, message: Message): void {
  const { log, logger } = raft;
  const restored = message.snapshot !== undefined && restore(raft, message.snapshot);
  if (logger.level <= infoLevel) {
    const what = restored ? 'restored' : 'ignored';
    const { index = 0, term = 0 } = message.snapshot?.metadata ?? {};
    const text = `${what} snapshot [index: ${index}, term: ${term}]`;
    logger.log(infoLevel, `${hex(raft.id)} [commit: ${log.committed}] ${text}`);
  }
  const response = newMessage('MsgAppResp', message.from);
  response.index = restored ? log.lastIndex() : log.committed;
  send(raft, response);
}

/** Replaces log and configuration by the snapshot's; false if the snapshot is of no use. */
function restore(raft: Raft, snapshot: Snapshot): boolean {
  const { log } = raft;
  const { index, term, confState } = snapshot.metadata;
  if (index <= log.committed || !mayRestore(raft, confState)) return false;
  if (log.matchTerm(index, term)) {
    // The log has it all: the snapshot proves that it is committed.
    logWithLast(raft, `fast-forwarded commit to snapshot [index: ${index}, term: ${term}]`);
    log.commitTo(index);
    return false;
  }
  log.restore(snapshot);
  restoreConfState(raft, confState);
  logWithLast(raft, `restored snapshot [index: ${index}, term: ${term}]`);
  return true;
}

/** Neither of these should ever happen; the snapshot does no harm if they do. */
function mayRestore(raft: Raft, confState: ConfState): boolean {
  if (raft.role !== 'follower') {
    warn(raft, 'attempted to restore snapshot as leader; should never happen');
    becomeFollower(raft, raft.term + 1, noReplica);
    return false;
  }
  // learnersNext need not be looked at: they are outgoing voters.
  const { voters, learners, votersOutgoing } = confState;
  if (isAmong(raft.id, voters) || isAmong(raft.id, learners) || isAmong(raft.id, votersOutgoing)) return true;
  const members = `voters ${voters.join(' ')}, learners ${learners.join(' ')}, outgoing ${votersOutgoing.join(' ')}`;
  warn(raft, `attempted to restore snapshot but it is not in the ConfState {${members}}; should never happen`);
  return false;
}

function isAmong(id: ReplicaId, ids: readonly ReplicaId[]): boolean {
  return ids.includes(id);
}

function warn(raft: Raft, text: string): void {
  if (raft.logger.level <= warnLevel) raft.logger.log(warnLevel, `${hex(raft.id)} ${text}`);
}

function logWithLast(raft: Raft, text: string): void {
  if (raft.logger.level > infoLevel) return;
  const { log } = raft;
  const own = `[commit: ${log.committed}, lastindex: ${log.lastIndex()}, lastterm: ${log.lastTerm()}]`;
  raft.logger.log(infoLevel, `${hex(raft.id)} ${own} ${text}`);
}
