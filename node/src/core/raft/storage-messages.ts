// SPDX-License-Identifier: Apache-2.0

import { newMessage } from './message.ts';
import type { Raft } from './state.ts';
import { localAppendThread, localApplyThread } from './types.ts';
import type { Entry, HardState, Message, Ready } from './types.ts';

/**
 * The order to the append thread: write entries and hard state (durably, if there are responses), install the
 * snapshot, then deliver the responses. Undefined when there is nothing to write and nobody waits for a write.
 */
export function storageAppendMessage(raft: Raft, ready: Ready): Message | undefined {
  const waiting = raft.messagesAfterAppend;
  const idle = ready.entries.length === 0 && ready.hardState === undefined && ready.snapshot === undefined;
  if (idle && waiting.length === 0) return undefined;
  const message = newMessage('MsgStorageAppend', localAppendThread);
  message.from = raft.id;
  message.entries = ready.entries;
  if (ready.hardState !== undefined) {
    message.term = ready.hardState.term;
    message.vote = ready.hardState.vote;
    message.commit = ready.hardState.commit;
  }
  message.snapshot = ready.snapshot;
  // The leader's own acknowledgement comes before the response that lets go of the unstable entries: so it finds
  // their terms in memory.
  const response = storageAppendResponse(raft, ready);
  message.responses = response === undefined ? waiting : [...waiting, response];
  return message;
}

/** The hard state in a MsgStorageAppend; undefined if it did not change. */
export function hardStateInAppend(message: Message): HardState | undefined {
  const { term, vote, commit } = message;
  return term === 0 && vote === 0 && commit === 0 ? undefined : { term, vote, commit };
}

/**
 * What the append thread answers when this Ready and all before it are durable: the log is stable up to its present
 * end, as long as the term does not change until then. (In a later term entries may have been replaced while the
 * write of their replacement is still under way; then this answer says nothing.) Because answers can come to nothing
 * in that way, there is one with every write while there are unstable entries, not only when this Ready has some:
 * the write of the next term's hard state makes up for it.
 */
export function storageAppendResponse(raft: Raft, ready: Ready): Message | undefined {
  const { log } = raft;
  const unstable = log.unstable.entries.length > 0;
  if (!unstable && ready.snapshot === undefined) return undefined;
  const message = newMessage('MsgStorageAppendResp', raft.id);
  message.from = localAppendThread;
  message.term = raft.term;
  if (unstable) {
    message.index = log.lastIndex();
    message.logTerm = log.lastTerm();
  }
  message.snapshot = ready.snapshot;
  return message;
}

/** The order to the apply thread. Committed entries belong to no term. */
export function storageApplyMessage(raft: Raft, entries: readonly Entry[]): Message {
  const message = newMessage('MsgStorageApply', localApplyThread);
  message.from = raft.id;
  message.entries = entries;
  message.responses = [storageApplyResponse(raft, entries)];
  return message;
}

export function storageApplyResponse(raft: Raft, entries: readonly Entry[]): Message {
  const message = newMessage('MsgStorageApplyResp', raft.id);
  message.from = localApplyThread;
  message.entries = entries;
  return message;
}
