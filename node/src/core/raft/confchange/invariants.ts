// SPDX-License-Identifier: Apache-2.0

import { allVoters, isJoint } from '../quorum/joint.ts';
import type { ProgressMap, TrackerConfig } from '../tracker/tracker.ts';

/** What is wrong with a configuration; undefined when it is sound. The empty configuration is sound. */
export function checkInvariants(config: TrackerConfig, progress: ProgressMap): string | undefined {
  for (const ids of [allVoters(config), config.learners, config.learnersNext]) {
    for (const id of ids) {
      if (!progress.has(id)) return `no progress for ${id}`;
    }
  }
  for (const id of config.learnersNext) {
    if (!config.outgoing.includes(id)) return `${id} is in LearnersNext, but not Voters[1]`;
    if (progress.get(id)?.isLearner === true) return `${id} is in LearnersNext, but is already marked as learner`;
  }
  for (const id of config.learners) {
    if (config.outgoing.includes(id)) return `${id} is in Learners and Voters[1]`;
    if (config.incoming.includes(id)) return `${id} is in Learners and Voters[0]`;
    if (progress.get(id)?.isLearner !== true) return `${id} is in Learners, but is not marked as learner`;
  }
  if (isJoint(config)) return undefined;
  if (config.learnersNext.length > 0) return 'LearnersNext must be empty when not joint';
  if (config.autoLeave) return 'AutoLeave must be false when not joint';
  return undefined;
}
