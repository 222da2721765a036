// SPDX-License-Identifier: Apache-2.0

import { broken } from '../invariant.ts';
import type { LogIndex, ReplicaId } from '../types.ts';
import { Inflights } from './inflights.ts';

/**
 * - `probe`: the end of the follower's log is unknown; one MsgApp per heartbeat until one is acknowledged.
 * - `replicate`: MsgApps are sent ahead of their acknowledgements, within the window.
 * - `snapshot`: the entries that the follower needs are compacted; nothing is sent until its snapshot is reported.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/** A member as the leader sees it. Invariant: 0 <= match < next. */
export interface Progress {
  readonly id: ReplicaId;
  /** Up to here the follower's log is known to equal the leader's. */
  match: LogIndex;
  /** The next entry to send; what lies between is in flight. In `snapshot`, pendingSnapshot + 1. */
  next: LogIndex;
  /** The highest commit index in flight; falls back where it may have been lost. */
  sentCommit: LogIndex;
  state: ProgressState;
  /** In `snapshot`: index of the snapshot that was sent; otherwise 0. */
  pendingSnapshot: LogIndex;
  /** Heard from since the last check of the quorum; always true for the leader itself. */
  recentActive: boolean;
  /** No MsgApp until the next acknowledgement or heartbeat response, which keeps progress certain. */
  appFlowPaused: boolean;
  isLearner: boolean;
  readonly inflights: Inflights;
}

export interface NewProgress {
  readonly id: ReplicaId;
  readonly match: LogIndex;
  readonly next: LogIndex;
  readonly isLearner: boolean;
  readonly recentActive: boolean;
  readonly maxInflightMsgs: number;
  readonly maxInflightBytes: number;
}

export function newProgress(options: NewProgress): Progress {
  return {
    id: options.id,
    match: options.match,
    next: options.next,
    sentCommit: 0,
    state: 'probe',
    pendingSnapshot: 0,
    recentActive: options.recentActive,
    appFlowPaused: false,
    isLearner: options.isLearner,
    inflights: new Inflights(options.maxInflightMsgs, options.maxInflightBytes),
  };
}

function enter(progress: Progress, state: ProgressState): void {
  progress.appFlowPaused = false;
  progress.pendingSnapshot = 0;
  progress.state = state;
  progress.inflights.reset();
}

function regressSentCommit(progress: Progress): void {
  progress.sentCommit = Math.min(progress.sentCommit, progress.next - 1);
}

/** Coming from `snapshot`, the snapshot is taken as received: probing starts above it. */
export function becomeProbe(progress: Progress): void {
  const { pendingSnapshot } = progress;
  enter(progress, 'probe');
  progress.next = Math.max(progress.match, pendingSnapshot) + 1;
  regressSentCommit(progress);
}

export function becomeReplicate(progress: Progress): void {
  enter(progress, 'replicate');
  progress.next = progress.match + 1;
}

export function becomeSnapshot(progress: Progress, snapshotIndex: LogIndex): void {
  enter(progress, 'snapshot');
  progress.pendingSnapshot = snapshotIndex;
  progress.next = snapshotIndex + 1;
  progress.sentCommit = snapshotIndex;
}

/** A MsgApp with `count` entries from `next` on was sent. */
export function sentEntries(progress: Progress, count: number, bytes: number): void {
  switch (progress.state) {
    case 'replicate':
      if (count > 0) {
        progress.next += count;
        progress.inflights.add(progress.next - 1, bytes);
      }
      // A message that fills the window, or finds it full, is the last one until something is acknowledged.
      progress.appFlowPaused = progress.inflights.full();
      break;
    case 'probe':
      if (count > 0) progress.appFlowPaused = true;
      break;
    case 'snapshot':
      broken(`sent entries to ${progress.id} while it waits for a snapshot`);
  }
}

/** Would sending this commit index now move the follower's? It moves at most to next - 1. */
export function canBumpCommit(progress: Progress, commit: LogIndex): boolean {
  return commit > progress.sentCommit && progress.sentCommit < progress.next - 1;
}

/** The follower acknowledged `index`. False if that is old news. */
export function maybeUpdate(progress: Progress, index: LogIndex): boolean {
  if (index <= progress.match) return false;
  progress.match = index;
  progress.next = Math.max(progress.next, index + 1);
  progress.appFlowPaused = false;
  return true;
}

/**
 * The follower rejected the append at `rejected` and hints that its log may match up to `matchHint`. False if the
 * rejection is stale: reordered or repeated.
 */
export function maybeDecrease(progress: Progress, rejected: LogIndex, matchHint: LogIndex): boolean {
  if (progress.state === 'replicate') {
    if (rejected <= progress.match) return false;
    progress.next = progress.match + 1;
    regressSentCommit(progress);
    return true;
  }
  // Outside of `replicate` only the entry before `next` is ever probed.
  if (progress.next - 1 !== rejected) return false;
  progress.next = Math.max(Math.min(rejected, matchHint + 1), progress.match + 1);
  regressSentCommit(progress);
  progress.appFlowPaused = false;
  return true;
}

export function isPaused(progress: Progress): boolean {
  return progress.state === 'snapshot' || progress.appFlowPaused;
}

const stateNames = { probe: 'StateProbe', replicate: 'StateReplicate', snapshot: 'StateSnapshot' } as const;

export function describeProgress(progress: Progress): string {
  let text = `${stateNames[progress.state]} match=${progress.match} next=${progress.next}`;
  if (progress.isLearner) text += ' learner';
  if (isPaused(progress)) text += ' paused';
  if (progress.pendingSnapshot > 0) text += ` pendingSnap=${progress.pendingSnapshot}`;
  if (!progress.recentActive) text += ' inactive';
  if (progress.inflights.count > 0) {
    text += ` inflight=${progress.inflights.count}`;
    if (progress.inflights.full()) text += '[full]';
  }
  return text;
}
