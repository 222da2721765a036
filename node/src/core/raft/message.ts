// SPDX-License-Identifier: Apache-2.0

import { localAppendThread, localApplyThread } from './types.ts';
import type { Message, MessageType, ReplicaId } from './types.ts';

/** A message under construction. */
export type MutableMessage = { -readonly [K in keyof Message]: Message[K] };

const noEntries: Message['entries'] = [];

/** Every message is born here, with all fields in one order: one hidden class for the whole protocol. */
export function newMessage(type: MessageType, to: ReplicaId): MutableMessage {
  return {
    type,
    to,
    from: 0,
    term: 0,
    logTerm: 0,
    index: 0,
    entries: noEntries,
    commit: 0,
    vote: 0,
    snapshot: undefined,
    reject: false,
    rejectHint: 0,
    context: undefined,
    responses: undefined,
  };
}

export function isLocalTarget(id: ReplicaId): boolean {
  return id === localAppendThread || id === localApplyThread;
}

/** Types that never travel between replicas. */
export function isLocalMessage(type: MessageType): boolean {
  switch (type) {
    case 'MsgHup':
    case 'MsgBeat':
    case 'MsgUnreachable':
    case 'MsgSnapStatus':
    case 'MsgCheckQuorum':
    case 'MsgStorageAppend':
    case 'MsgStorageAppendResp':
    case 'MsgStorageApply':
    case 'MsgStorageApplyResp':
      return true;
    default:
      return false;
  }
}

/** Types that only make sense from a known member. */
export function isResponseMessage(type: MessageType): boolean {
  switch (type) {
    case 'MsgAppResp':
    case 'MsgVoteResp':
    case 'MsgHeartbeatResp':
    case 'MsgUnreachable':
    case 'MsgReadIndexResp':
    case 'MsgPreVoteResp':
    case 'MsgStorageAppendResp':
    case 'MsgStorageApplyResp':
      return true;
    default:
      return false;
  }
}
