// SPDX-License-Identifier: Apache-2.0

import { asConfChangeV2 } from '../conf-change.ts';
import type { ConfChangeV2 } from '../conf-change.ts';
import { decodeConfChangeEntry } from '../conf-change-codec.ts';
import { describeConfChange } from '../describe-conf-change.ts';
import { debugLevel, infoLevel } from '../logger.ts';
import { isJoint } from '../quorum/joint.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import { describeConfig } from '../tracker/tracker.ts';
import { noReplica } from '../types.ts';
import type { Entry, StepResult } from '../types.ts';
import { appendEntries } from './append.ts';
import { broadcastAppend } from './replicate.ts';

/** Takes the place of a configuration change that must not be appended, so that the proposal's indexes stay. */
const refusedChange: Entry = { term: 0, index: 0, type: 'normal', data: new Uint8Array(0) };

/** Appends proposals to the log and sends them on. All of them or none. */
export function onProposal(raft: Raft, proposals: readonly Entry[]): StepResult {
  // A leader that was removed only sees its own removal through.
  if (proposals.length === 0 || !raft.tracker.progress.has(raft.id)) return 'proposalDropped';
  if (raft.leadTransferee !== noReplica) {
    if (raft.logger.level <= debugLevel) {
      const what = `transfer leadership to ${hex(raft.leadTransferee)} is in progress; dropping proposal`;
      raft.logger.log(debugLevel, `${hex(raft.id)} [term ${raft.term}] ${what}`);
    }
    return 'proposalDropped';
  }
  const hasConfChange = proposals.some((entry) => entry.type !== 'normal');
  const entries = hasConfChange ? admitConfChanges(raft, proposals) : proposals;
  if (entries === 'malformed' || !appendEntries(raft, entries)) return 'proposalDropped';
  broadcastAppend(raft);
  return 'ok';
}

function admitConfChanges(raft: Raft, proposals: readonly Entry[]): readonly Entry[] | 'malformed' {
  const admitted: Entry[] = [];
  const firstIndex = raft.log.lastIndex() + 1;
  for (const entry of proposals) {
    const change = decodeConfChangeEntry(entry);
    if (change === 'malformed') return change;
    if (change === undefined || admitConfChange(raft, asConfChangeV2(change), firstIndex + admitted.length)) {
      admitted.push(entry);
    } else {
      admitted.push(refusedChange);
    }
  }
  return admitted;
}

/**
 * Checks a change against the active configuration. That is the best one can do here, and not exact: the change will
 * be applied to the configuration that is active by then.
 */
function admitConfChange(raft: Raft, change: ConfChangeV2, index: number): boolean {
  const refusal = refusalOf(raft, change);
  if (refusal === undefined || raft.config.disableConfChangeValidation) {
    raft.pendingConfIndex = index;
    return true;
  }
  if (raft.logger.level <= infoLevel) {
    const at = `at config ${describeConfig(raft.tracker.config)}`;
    raft.logger.log(infoLevel, `${hex(raft.id)} ignoring conf change ${describeConfChange(change)} ${at}: ${refusal}`);
  }
  return false;
}

function refusalOf(raft: Raft, change: ConfChangeV2): string | undefined {
  const { applied } = raft.log.window;
  if (raft.pendingConfIndex > applied) {
    return `possible unapplied conf change at index ${raft.pendingConfIndex} (applied to ${applied})`;
  }
  const joint = isJoint(raft.tracker.config);
  const wantsLeaveJoint = change.changes.length === 0;
  if (joint && !wantsLeaveJoint) return 'must transition out of joint config first';
  if (!joint && wantsLeaveJoint) return 'not in joint state; refusing empty conf change';
  return undefined;
}
