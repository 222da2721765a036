// SPDX-License-Identifier: Apache-2.0

import { allVoters, describeJoint, isJoint, jointCommittedIndex, jointVoteResult } from '../quorum/joint.ts';
import type { JointConfig } from '../quorum/joint.ts';
import { describeMajority } from '../quorum/majority.ts';
import type { AckedIndexes, VoteResult } from '../quorum/majority.ts';
import type { ConfState, LogIndex, ReplicaId } from '../types.ts';
import type { Progress } from './progress.ts';

/** The active configuration. All lists are ascending and without repetition. */
export interface TrackerConfig extends JointConfig {
  /** Never voters of either half. */
  readonly learners: readonly ReplicaId[];
  /**
   * Voters of the outgoing half that become learners when it is left. Adding them to `learners` at once would make
   * them voter and learner at the same time.
   */
  readonly learnersNext: readonly ReplicaId[];
  readonly autoLeave: boolean;
}

/** Progress of every member, in the order of the ids. */
export type ProgressMap = ReadonlyMap<ReplicaId, Progress>;

/** What a replica knows of its group: the configuration, the members' progress, the votes of an election. */
export interface Tracker extends AckedIndexes {
  config: TrackerConfig;
  progress: ProgressMap;
  readonly votes: Map<ReplicaId, boolean>;
  readonly maxInflightMsgs: number;
  readonly maxInflightBytes: number;
}

export const emptyConfig: TrackerConfig = {
  incoming: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
};

export function newTracker(maxInflightMsgs: number, maxInflightBytes: number): Tracker {
  const tracker: Tracker = {
    config: emptyConfig,
    progress: new Map(),
    votes: new Map(),
    maxInflightMsgs,
    maxInflightBytes,
    ackedIndex: (voter) => tracker.progress.get(voter)?.match,
  };
  return tracker;
}

export function confStateOf(config: TrackerConfig): ConfState {
  return {
    voters: config.incoming,
    learners: config.learners,
    votersOutgoing: config.outgoing,
    learnersNext: config.learnersNext,
    autoLeave: config.autoLeave,
  };
}

/**
 * The only voter is this replica: it decides alone. (A leader that was removed or demoted may see one voter as well,
 * which is somebody else.)
 */
export function isOnlyVoter(tracker: Tracker, id: ReplicaId): boolean {
  const { incoming } = tracker.config;
  return incoming.length === 1 && incoming[0] === id && !isJoint(tracker.config);
}

/** The largest index that the voters' acknowledgements allow to commit. */
export function quorumMatch(tracker: Tracker): LogIndex {
  return jointCommittedIndex(tracker.config, tracker);
}

/** A quorum was heard from since the last check. */
export function quorumActive(tracker: Tracker): boolean {
  const active = new Map<ReplicaId, boolean>();
  for (const id of allVoters(tracker.config)) active.set(id, tracker.progress.get(id)?.recentActive ?? false);
  return jointVoteResult(tracker.config, active) === 'won';
}

/** Only the first vote of a replica counts. */
export function recordVote(tracker: Tracker, id: ReplicaId, granted: boolean): void {
  if (!tracker.votes.has(id)) tracker.votes.set(id, granted);
}

export interface Tally {
  readonly granted: number;
  readonly rejected: number;
  readonly result: VoteResult;
}

export function tallyVotes(tracker: Tracker): Tally {
  let granted = 0;
  let rejected = 0;
  for (const progress of tracker.progress.values()) {
    const vote = tracker.votes.get(progress.id);
    if (vote === undefined || progress.isLearner) continue;
    if (vote) granted++;
    else rejected++;
  }
  return { granted, rejected, result: jointVoteResult(tracker.config, tracker.votes) };
}

export function describeConfig(config: TrackerConfig): string {
  let text = `voters=${describeJoint(config)}`;
  if (config.learners.length > 0) text += ` learners=${describeMajority(config.learners)}`;
  if (config.learnersNext.length > 0) text += ` learners_next=${describeMajority(config.learnersNext)}`;
  if (config.autoLeave) text += ' autoleave';
  return text;
}
