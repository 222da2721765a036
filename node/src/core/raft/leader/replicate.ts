// SPDX-License-Identifier: Apache-2.0

import { payloadSize } from '../entry-size.ts';
import { broken } from '../invariant.ts';
import { debugLevel } from '../logger.ts';
import { newMessage } from '../message.ts';
import { send } from '../send.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import { becomeSnapshot, describeProgress, isPaused, sentEntries } from '../tracker/progress.ts';
import type { Progress } from '../tracker/progress.ts';
import type { Entry } from '../types.ts';

const noEntries: readonly Entry[] = [];

/** Sends the next entries and the commit index, or a snapshot if those entries are compacted; nothing while paused. */
export function sendAppend(raft: Raft, progress: Progress): boolean {
  return maybeSendAppend(raft, progress, true);
}

/** As `sendAppend`, but without `sendIfEmpty` only if there are entries to send. True if a message was sent. */
export function maybeSendAppend(raft: Raft, progress: Progress, sendIfEmpty: boolean): boolean {
  if (isPaused(progress)) return false;
  const { log } = raft;
  const prevIndex = progress.next - 1;
  const prevTerm = log.term(prevIndex);
  if (typeof prevTerm !== 'number') return maybeSendSnapshot(raft, progress);

  // With a full window only empty messages are sent: if all that fills it was lost, one of them must still get
  // through and be rejected, or replication to this follower would never go on.
  const throttled = progress.state === 'replicate' && progress.inflights.full();
  const entries = throttled ? noEntries : log.entries(progress.next, raft.config.maxSizePerMsgBytes);
  if (entries === 'compacted') return sendIfEmpty && maybeSendSnapshot(raft, progress);
  if (entries.length === 0 && !sendIfEmpty) return false;

  const message = newMessage('MsgApp', progress.id);
  message.index = prevIndex;
  message.logTerm = prevTerm;
  message.entries = entries;
  message.commit = log.committed;
  send(raft, message);
  sentEntries(progress, entries.length, payloadSize(entries));
  progress.sentCommit = log.committed;
  return true;
}

function maybeSendSnapshot(raft: Raft, progress: Progress): boolean {
  const { log, logger } = raft;
  const debug = logger.level <= debugLevel;
  const to = hex(progress.id);
  if (!progress.recentActive) {
    if (debug) logger.log(debugLevel, `ignore sending snapshot to ${to} since it is not recently active`);
    return false;
  }
  const snapshot = log.snapshot();
  if (snapshot === 'snapshotTemporarilyUnavailable') {
    if (debug) {
      const why = 'because snapshot is temporarily unavailable';
      logger.log(debugLevel, `${hex(raft.id)} failed to send snapshot to ${to} ${why}`);
    }
    return false;
  }
  const { index, term } = snapshot.metadata;
  if (index === 0) broken('need non-empty snapshot');
  if (debug) {
    const own = `${hex(raft.id)} [firstindex: ${log.firstIndex()}, commit: ${log.committed}]`;
    const sent = `sent snapshot[index: ${index}, term: ${term}]`;
    logger.log(debugLevel, `${own} ${sent} to ${to} [${describeProgress(progress)}]`);
  }
  becomeSnapshot(progress, index);
  if (debug) {
    const text = `${hex(raft.id)} paused sending replication messages to ${to} [${describeProgress(progress)}]`;
    logger.log(debugLevel, text);
  }
  const message = newMessage('MsgSnap', progress.id);
  message.snapshot = snapshot;
  send(raft, message);
  return true;
}

/** Sends to every other member what it lacks. */
export function broadcastAppend(raft: Raft): void {
  for (const progress of raft.tracker.progress.values()) {
    if (progress.id !== raft.id) sendAppend(raft, progress);
  }
}

/** Heartbeats carry the latest waiting read, so that their responses confirm it. */
export function broadcastHeartbeat(raft: Raft): void {
  const context = raft.readOnly.heartbeatContext();
  for (const progress of raft.tracker.progress.values()) {
    if (progress.id !== raft.id) sendHeartbeat(raft, progress, context);
  }
}

function sendHeartbeat(raft: Raft, progress: Progress, context: Uint8Array | undefined): void {
  // Never beyond what is known to match: the follower may hold other entries there.
  const commit = Math.min(progress.match, raft.log.committed);
  const message = newMessage('MsgHeartbeat', progress.id);
  message.commit = commit;
  message.context = context;
  send(raft, message);
  progress.sentCommit = commit;
}
