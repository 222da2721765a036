// SPDX-License-Identifier: Apache-2.0

import { entriesSize, payloadSize } from './entry-size.ts';
import { onProposal } from './leader/on-prop.ts';
import { debugLevel, infoLevel } from './logger.ts';
import { hex } from './state.ts';
import type { Raft } from './state.ts';
import { describeConfig } from './tracker/tracker.ts';
import type { Entry, LogIndex, Message, Snapshot } from './types.ts';

/** Empty data decodes as the empty change, and is never refused for its size. */
const leaveJointEntry: Entry = { term: 0, index: 0, type: 'confChangeV2', data: new Uint8Array(0) };

/** MsgStorageApplyResp: the state machine has applied these entries. */
export function onStorageApplyResp(raft: Raft, message: Message): void {
  const last = message.entries.at(-1);
  if (last === undefined) return;
  appliedTo(raft, last.index, entriesSize(message.entries));
  // What an earlier leadership appended was never counted: the estimate must not fall below 0.
  raft.uncommittedBytes = Math.max(0, raft.uncommittedBytes - payloadSize(message.entries));
}

/** MsgStorageAppendResp of the current term: what was unstable up to this entry is durable. */
export function onStorageAppendResp(raft: Raft, message: Message): void {
  if (message.index !== 0) raft.log.unstable.stableTo(message.index, message.logTerm);
  if (message.snapshot !== undefined) appliedSnapshot(raft, message.snapshot);
}

/**
 * MsgStorageAppendResp of an earlier term. Its entries may have been replaced since, and the replacement may still be
 * on its way to the disk: they are not taken as stable (a later response covers whatever is). A snapshot is committed
 * state, whatever the term.
 */
export function onStaleStorageAppendResp(raft: Raft, message: Message): void {
  if (message.index !== 0 && raft.logger.level <= infoLevel) {
    const what = `ignored entry appends from a ${message.type} message with lower term [term: ${message.term}]`;
    raft.logger.log(infoLevel, `${hex(raft.id)} [term: ${raft.term}] ${what}`);
  }
  if (message.snapshot !== undefined) appliedSnapshot(raft, message.snapshot);
}

function appliedSnapshot(raft: Raft, snapshot: Snapshot): void {
  const { index } = snapshot.metadata;
  raft.log.unstable.stableSnapshotTo(index);
  appliedTo(raft, index, 0);
}

function appliedTo(raft: Raft, index: LogIndex, bytes: number): void {
  const { log, tracker } = raft;
  const applied = Math.max(index, log.window.applied);
  log.window.appliedTo(applied, bytes, log.committed);
  if (!tracker.config.autoLeave || raft.role !== 'leader' || applied < raft.pendingConfIndex) return;
  // Tried again with every applied entry: a leadership transfer in progress drops the proposal.
  const config = describeConfig(tracker.config);
  const result = onProposal(raft, [leaveJointEntry]);
  if (result === 'ok') {
    if (raft.logger.level <= infoLevel) {
      raft.logger.log(infoLevel, `initiating automatic transition out of joint configuration ${config}`);
    }
  } else if (raft.logger.level <= debugLevel) {
    const what = `not initiating automatic transition out of joint configuration ${config}`;
    raft.logger.log(debugLevel, `${what}: raft proposal dropped`);
  }
}
