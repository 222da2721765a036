// SPDX-License-Identifier: Apache-2.0

import type { ConfChangeSingle } from '../conf-change.ts';
import { isJoint } from '../quorum/joint.ts';
import { newProgress } from '../tracker/progress.ts';
import type { Progress } from '../tracker/progress.ts';
import type { ProgressMap, TrackerConfig } from '../tracker/tracker.ts';
import type { LogIndex, ReplicaId } from '../types.ts';
import { checkInvariants } from './invariants.ts';

/** The state that a change starts from. */
export interface ConfigBase {
  readonly config: TrackerConfig;
  readonly progress: ProgressMap;
  readonly lastIndex: LogIndex;
  readonly maxInflightMsgs: number;
  readonly maxInflightBytes: number;
}

/** The outcome of a change; nothing of its base was changed. */
export interface ChangedConfig {
  readonly config: TrackerConfig;
  readonly progress: ProgressMap;
}

export interface ConfigError {
  readonly error: string;
}

/** Configuration and progress in the making. */
interface Draft {
  readonly base: ConfigBase;
  readonly incoming: Set<ReplicaId>;
  readonly outgoing: Set<ReplicaId>;
  readonly learners: Set<ReplicaId>;
  readonly learnersNext: Set<ReplicaId>;
  readonly progress: Map<ReplicaId, Progress>;
}

function newDraft(base: ConfigBase): Draft {
  const progress = new Map<ReplicaId, Progress>();
  // A shallow copy is enough: a change touches nothing but isLearner.
  for (const [id, known] of base.progress) progress.set(id, { ...known });
  return {
    base,
    incoming: new Set(base.config.incoming),
    outgoing: new Set(base.config.outgoing),
    learners: new Set(base.config.learners),
    learnersNext: new Set(base.config.learnersNext),
    progress,
  };
}

function ascending(ids: Iterable<ReplicaId>): readonly ReplicaId[] {
  return [...ids].toSorted((a, b) => a - b);
}

function finish(draft: Draft, autoLeave: boolean): ChangedConfig | ConfigError {
  const config: TrackerConfig = {
    incoming: ascending(draft.incoming),
    outgoing: ascending(draft.outgoing),
    learners: ascending(draft.learners),
    learnersNext: ascending(draft.learnersNext),
    autoLeave,
  };
  // Everything that walks over the members relies on the order of the ids.
  const progress = new Map([...draft.progress].toSorted(([a], [b]) => a - b));
  const error = checkInvariants(config, progress);
  return error === undefined ? { config, progress } : { error };
}

function addMember(draft: Draft, id: ReplicaId, isLearner: boolean): void {
  (isLearner ? draft.learners : draft.incoming).add(id);
  const { lastIndex, maxInflightMsgs, maxInflightBytes } = draft.base;
  draft.progress.set(
    id,
    newProgress({
      id,
      match: 0,
      // Probing starts at the end of the log; a rejection tells where the new member really is.
      next: Math.max(lastIndex, 1),
      isLearner,
      // Otherwise the next check of the quorum could depose the leader before the member had a chance to answer.
      recentActive: true,
      maxInflightMsgs,
      maxInflightBytes,
    }),
  );
}

function makeVoter(draft: Draft, id: ReplicaId): void {
  const progress = draft.progress.get(id);
  if (progress === undefined) return addMember(draft, id, false);
  progress.isLearner = false;
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  draft.incoming.add(id);
}

function makeLearner(draft: Draft, id: ReplicaId): void {
  const progress = draft.progress.get(id);
  if (progress === undefined) return addMember(draft, id, true);
  if (progress.isLearner) return;
  remove(draft, id);
  draft.progress.set(id, progress);
  if (draft.outgoing.has(id)) {
    draft.learnersNext.add(id);
  } else {
    progress.isLearner = true;
    draft.learners.add(id);
  }
}

function remove(draft: Draft, id: ReplicaId): void {
  draft.incoming.delete(id);
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  if (!draft.outgoing.has(id)) draft.progress.delete(id);
}

/** Changes of voters are always made to the incoming half. */
function applyChanges(draft: Draft, changes: readonly ConfChangeSingle[]): ConfigError | undefined {
  for (const { type, nodeId } of changes) {
    if (nodeId === 0) continue;
    if (type === 'addNode') makeVoter(draft, nodeId);
    else if (type === 'addLearnerNode') makeLearner(draft, nodeId);
    else if (type === 'removeNode') remove(draft, nodeId);
  }
  return draft.incoming.size === 0 ? { error: 'removed all voters' } : undefined;
}

function checkBase(base: ConfigBase): ConfigError | undefined {
  const error = checkInvariants(base.config, base.progress);
  return error === undefined ? undefined : { error };
}

function changedVoters(before: readonly ReplicaId[], after: ReadonlySet<ReplicaId>): number {
  const kept = before.filter((id) => after.has(id)).length;
  return before.length - kept + (after.size - kept);
}

/** Changes at most one voter, without joint consensus: old and new majorities overlap (Raft thesis, section 4.1). */
export function simpleChange(base: ConfigBase, changes: readonly ConfChangeSingle[]): ChangedConfig | ConfigError {
  const failed = checkBase(base);
  if (failed !== undefined) return failed;
  if (isJoint(base.config)) return { error: "can't apply simple config change in joint config" };
  const draft = newDraft(base);
  const refused = applyChanges(draft, changes);
  if (refused !== undefined) return refused;
  if (changedVoters(base.config.incoming, draft.incoming) > 1) {
    return { error: 'more than one voter changed without entering joint config' };
  }
  return finish(draft, false);
}

/** From `(1 2 3)` to `(1 2 3)&&(1 2 3)`, then with the changes made to the incoming half. */
export function enterJoint(
  base: ConfigBase,
  autoLeave: boolean,
  changes: readonly ConfChangeSingle[],
): ChangedConfig | ConfigError {
  const failed = checkBase(base);
  if (failed !== undefined) return failed;
  if (isJoint(base.config)) return { error: 'config is already joint' };
  if (base.config.incoming.length === 0) return { error: "can't make a zero-voter config joint" };
  const draft = newDraft(base);
  for (const id of draft.incoming) draft.outgoing.add(id);
  return applyChanges(draft, changes) ?? finish(draft, autoLeave);
}

/** The incoming half decides alone from here on; staged learners become learners. */
export function leaveJoint(base: ConfigBase): ChangedConfig | ConfigError {
  const failed = checkBase(base);
  if (failed !== undefined) return failed;
  if (!isJoint(base.config)) return { error: "can't leave a non-joint config" };
  const draft = newDraft(base);
  for (const id of draft.learnersNext) {
    draft.learners.add(id);
    const progress = draft.progress.get(id);
    if (progress !== undefined) progress.isLearner = true;
  }
  draft.learnersNext.clear();
  for (const id of draft.outgoing) {
    if (!draft.incoming.has(id) && !draft.learners.has(id)) draft.progress.delete(id);
  }
  draft.outgoing.clear();
  return finish(draft, false);
}
