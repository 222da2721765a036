// SPDX-License-Identifier: Apache-2.0

import { assert } from '@shortlink/common/assert.ts';
import { jointMode, leavesJoint } from './conf-change.ts';
import type { ConfChangeV2 } from './conf-change.ts';
import { enterJoint, leaveJoint, simpleChange } from './confchange/changer.ts';
import type { ChangedConfig, ConfigBase, ConfigError } from './confchange/changer.ts';
import { equivalentConfStates, restoreConfig } from './confchange/restore.ts';
import { broken } from './invariant.ts';
import { maybeCommit } from './leader/commit.ts';
import { broadcastAppend, maybeSendAppend } from './leader/replicate.ts';
import { infoLevel } from './logger.ts';
import { isVoter } from './quorum/joint.ts';
import { becomeFollower } from './roles.ts';
import { hex } from './state.ts';
import type { Raft } from './state.ts';
import { confStateOf, describeConfig } from './tracker/tracker.ts';
import { noReplica } from './types.ts';
import type { ConfState } from './types.ts';

/** Makes a committed change take effect. A change that cannot be applied to the configuration is a broken invariant. */
export function applyConfChange(raft: Raft, change: ConfChangeV2): ConfState {
  const { config, progress, maxInflightMsgs, maxInflightBytes } = raft.tracker;
  const base = { config, progress, maxInflightMsgs, maxInflightBytes, lastIndex: raft.log.lastIndex() };
  const changed = changeConfig(base, change);
  if ('error' in changed) broken(`configuration change: ${changed.error}`);
  return switchToConfig(raft, changed);
}

function changeConfig(base: ConfigBase, change: ConfChangeV2): ChangedConfig | ConfigError {
  if (leavesJoint(change)) return leaveJoint(base);
  const mode = jointMode(change);
  if (mode === 'simple') return simpleChange(base, change.changes);
  return enterJoint(base, mode === 'autoLeave', change.changes);
}

/** Starts from the configuration of a snapshot, or of the storage after a restart. */
export function restoreConfState(raft: Raft, confState: ConfState): void {
  const { maxInflightMsgs, maxInflightBytes } = raft.tracker;
  raft.tracker.votes.clear();
  const limits = { maxInflightMsgs, maxInflightBytes, lastIndex: raft.log.lastIndex() };
  const restored = restoreConfig(limits, confState);
  if ('error' in restored) broken(`unable to restore configuration: ${restored.error}`);
  const active = switchToConfig(raft, restored);
  assert(equivalentConfStates(confState, active), 'the restored configuration differs from the one in the snapshot');
}

function switchToConfig(raft: Raft, changed: ChangedConfig): ConfState {
  raft.tracker.config = changed.config;
  raft.tracker.progress = changed.progress;
  if (raft.logger.level <= infoLevel) {
    raft.logger.log(infoLevel, `${hex(raft.id)} switched to configuration ${describeConfig(changed.config)}`);
  }
  const own = changed.progress.get(raft.id);
  raft.isLearner = own?.isLearner ?? false;
  if (raft.role === 'leader') leadUnder(raft, own !== undefined && !own.isLearner);
  return confStateOf(changed.config);
}

function leadUnder(raft: Raft, isMember: boolean): void {
  const { config, progress } = raft.tracker;
  if (!isMember) {
    // Otherwise it leads on (without counting itself) until somebody else takes over.
    if (raft.config.stepDownOnRemoval) becomeFollower(raft, raft.term, noReplica);
    return;
  }
  if (config.incoming.length === 0) return;
  if (maybeCommit(raft)) {
    // The new quorum has more than the old one had.
    broadcastAppend(raft);
  } else {
    // New members need not wait for a heartbeat to be probed.
    for (const member of progress.values()) {
      if (member.id !== raft.id) maybeSendAppend(raft, member, false);
    }
  }
  if (raft.leadTransferee !== noReplica && !isVoter(config, raft.leadTransferee)) raft.leadTransferee = noReplica;
}
