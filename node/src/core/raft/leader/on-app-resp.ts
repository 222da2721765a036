// SPDX-License-Identifier: Apache-2.0

import { debugLevel, infoLevel } from '../logger.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import {
  becomeProbe,
  becomeReplicate,
  canBumpCommit,
  describeProgress,
  maybeDecrease,
  maybeUpdate,
} from '../tracker/progress.ts';
import type { Progress } from '../tracker/progress.ts';
import type { Message } from '../types.ts';
import { maybeCommit } from './commit.ts';
import { releasePendingReads } from './on-read-index.ts';
import { broadcastAppend, maybeSendAppend, sendAppend } from './replicate.ts';
import { sendTimeoutNow } from './on-transfer-leader.ts';

/** An append was acknowledged or rejected, by a follower or (when it became durable) by the leader itself. */
export function onAppResp(raft: Raft, message: Message, progress: Progress): void {
  progress.recentActive = true;
  if (message.reject) onRejected(raft, message, progress);
  else onAccepted(raft, message, progress);
}

/**
 * The follower has no entry (index, term) that the append could follow. Its hint is the last entry that may match;
 * with the hint's term the leader skips all its own entries of later terms at once, since the follower, whose terms
 * never fall towards the end of its log, cannot have them. So there is at most one probe per term, not per entry.
 */
function onRejected(raft: Raft, message: Message, progress: Progress): void {
  const { log, logger } = raft;
  if (logger.level <= debugLevel) {
    const hint = `hint: (index ${message.rejectHint}, term ${message.logTerm})`;
    const text = `received MsgAppResp(rejected, ${hint}) from ${hex(message.from)} for index ${message.index}`;
    logger.log(debugLevel, `${hex(raft.id)} ${text}`);
  }
  const { rejectHint, logTerm } = message;
  const matchHint = logTerm > 0 ? log.findConflictByTerm(rejectHint, logTerm).index : rejectHint;
  if (!maybeDecrease(progress, message.index, matchHint)) return;
  if (logger.level <= debugLevel) {
    const text = `decreased progress of ${hex(message.from)} to [${describeProgress(progress)}]`;
    logger.log(debugLevel, `${hex(raft.id)} ${text}`);
  }
  if (progress.state === 'replicate') becomeProbe(progress);
  sendAppend(raft, progress);
}

function onAccepted(raft: Raft, message: Message, progress: Progress): void {
  // What is known already is still news from a follower that is being probed: it is there and its log matches. (Not
  // so in `snapshot`: the leader knows that it does not have the next entry.)
  const answersProbe = progress.match === message.index && progress.state === 'probe';
  if (!maybeUpdate(progress, message.index) && !answersProbe) return;
  advanceState(raft, message, progress);

  const isFollower = message.from !== raft.id;
  if (maybeCommit(raft)) {
    releasePendingReads(raft);
    broadcastAppend(raft);
  } else if (isFollower && canBumpCommit(progress, raft.log.committed)) {
    // Heartbeats carry the commit index as well; this one arrives earlier.
    sendAppend(raft, progress);
  }
  // The window may have opened for several messages of limited size.
  if (isFollower) {
    while (maybeSendAppend(raft, progress, false));
  }
  if (message.from === raft.leadTransferee && progress.match === raft.log.lastIndex()) {
    if (raft.logger.level <= infoLevel) {
      const to = hex(message.from);
      raft.logger.log(infoLevel, `${hex(raft.id)} sent MsgTimeoutNow to ${to} after received MsgAppResp`);
    }
    sendTimeoutNow(raft, message.from);
  }
}

function advanceState(raft: Raft, message: Message, progress: Progress): void {
  switch (progress.state) {
    case 'probe':
      becomeReplicate(progress);
      break;
    case 'replicate':
      progress.inflights.freeUpTo(message.index);
      break;
    case 'snapshot':
      // Whatever snapshot it has applied (perhaps not the one that was sent): if the log goes on from there, go on.
      if (progress.match + 1 < raft.log.firstIndex()) break;
      if (raft.logger.level <= debugLevel) {
        const what = `recovered from needing snapshot, resumed sending replication messages to ${hex(message.from)}`;
        raft.logger.log(debugLevel, `${hex(raft.id)} ${what} [${describeProgress(progress)}]`);
      }
      // By way of `probe`, which takes the snapshot into account.
      becomeProbe(progress);
      becomeReplicate(progress);
  }
}
