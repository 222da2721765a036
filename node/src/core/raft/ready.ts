// SPDX-License-Identifier: Apache-2.0

import { entriesSize } from './entry-size.ts';
import { broken } from './invariant.ts';
import { hardStateOf } from './state.ts';
import type { Raft } from './state.ts';
import {
  storageAppendMessage,
  storageAppendResponse,
  storageApplyMessage,
  storageApplyResponse,
} from './storage-messages.ts';
import type { HardState, Message, Ready, SoftState } from './types.ts';

/** What the driver was told last. */
export interface ReadyState {
  softState: SoftState;
  hardState: HardState;
  /** With synchronous storage writes: what the replica tells itself once the last Ready is done. */
  stepsOnAdvance: Message[];
}

export function newReadyState(raft: Raft): ReadyState {
  return { softState: softStateOf(raft), hardState: hardStateOf(raft), stepsOnAdvance: [] };
}

function softStateOf(raft: Raft): SoftState {
  return { lead: raft.lead, role: raft.role };
}

function softStateChanged(raft: Raft, { softState }: ReadyState): boolean {
  return softState.lead !== raft.lead || softState.role !== raft.role;
}

function votingStateChanged(raft: Raft, { hardState }: ReadyState): boolean {
  return hardState.term !== raft.term || hardState.vote !== raft.vote;
}

function hardStateChanged(raft: Raft, state: ReadyState): boolean {
  return state.hardState.commit !== raft.log.committed || votingStateChanged(raft, state);
}

/**
 * With synchronous writes a driver persists before it applies, within one Ready: committed entries may still be
 * unstable. With asynchronous writes the two are independent of each other.
 */
function appliesUnstable(raft: Raft): boolean {
  return !raft.config.asyncStorageWrites;
}

export function hasReady(raft: Raft, state: ReadyState): boolean {
  const { log } = raft;
  return (
    raft.messages.length > 0 ||
    raft.messagesAfterAppend.length > 0 ||
    log.unstable.hasNextEntries() ||
    log.hasNextCommittedEntries(appliesUnstable(raft)) ||
    raft.readStates.length > 0 ||
    hardStateChanged(raft, state) ||
    softStateChanged(raft, state) ||
    log.unstable.nextSnapshot() !== undefined
  );
}

/** Takes the outstanding work: from here on the driver has it. */
export function takeReady(raft: Raft, state: ReadyState): Ready {
  const { log } = raft;
  const messages = raft.messages;
  const ready: Ready = {
    softState: softStateChanged(raft, state) ? softStateOf(raft) : undefined,
    hardState: hardStateChanged(raft, state) ? hardStateOf(raft) : undefined,
    readStates: raft.readStates,
    entries: log.unstable.nextEntries(),
    snapshot: log.unstable.nextSnapshot(),
    committedEntries: log.nextCommittedEntries(appliesUnstable(raft)),
    messages,
    mustSync: log.unstable.hasNextEntries() || votingStateChanged(raft, state),
  };
  if (raft.config.asyncStorageWrites) addStorageMessages(raft, ready, messages);
  else splitMessages(raft, state, { ready, messages });
  accept(raft, state, ready);
  return ready;
}

function addStorageMessages(raft: Raft, ready: Ready, messages: Message[]): void {
  const append = storageAppendMessage(raft, ready);
  if (append !== undefined) messages.push(append);
  if (ready.committedEntries.length > 0) messages.push(storageApplyMessage(raft, ready.committedEntries));
}

/** Messages that wait for a write: those to others are sent after the writes of this Ready, own ones handled then. */
function splitMessages(
  raft: Raft,
  state: ReadyState,
  out: { readonly ready: Ready; readonly messages: Message[] },
): void {
  const { ready, messages } = out;
  const steps = state.stepsOnAdvance;
  if (steps.length > 0) broken('two Ready structures were taken without a call to advance');
  for (const message of raft.messagesAfterAppend) (message.to === raft.id ? steps : messages).push(message);
  const response = storageAppendResponse(raft, ready);
  if (response !== undefined) steps.push(response);
  if (ready.committedEntries.length > 0) steps.push(storageApplyResponse(raft, ready.committedEntries));
}

function accept(raft: Raft, state: ReadyState, ready: Ready): void {
  const { log } = raft;
  if (ready.softState !== undefined) state.softState = ready.softState;
  if (ready.hardState !== undefined) state.hardState = ready.hardState;
  raft.readStates = [];
  raft.messages = [];
  raft.messagesAfterAppend = [];
  log.unstable.acceptInProgress();
  const last = ready.committedEntries.at(-1);
  if (last !== undefined) {
    const appliable = log.maxAppliableIndex(appliesUnstable(raft));
    log.window.accept(last.index, entriesSize(ready.committedEntries), appliable);
  }
}
