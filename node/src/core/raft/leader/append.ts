// SPDX-License-Identifier: Apache-2.0

import { payloadSize } from '../entry-size.ts';
import { warnLevel } from '../logger.ts';
import { newMessage } from '../message.ts';
import { send } from '../send.ts';
import { hex } from '../state.ts';
import type { Raft } from '../state.ts';
import type { Entry } from '../types.ts';

/** Appends proposals to the leader's own log; false if they would exceed the limit of the uncommitted tail. */
export function appendEntries(raft: Raft, proposals: readonly Entry[]): boolean {
  if (!reserveUncommitted(raft, payloadSize(proposals))) {
    if (raft.logger.level <= warnLevel) {
      const why = 'appending new entries to log would exceed uncommitted entry size limit; dropping proposal';
      raft.logger.log(warnLevel, `${hex(raft.id)} ${why}`);
    }
    return false;
  }
  let index = raft.log.lastIndex();
  const entries: Entry[] = [];
  for (const { type, data } of proposals) entries.push({ term: raft.term, index: ++index, type, data });
  raft.log.append(entries);
  // The leader acknowledges its own entries like a follower does: by a message that waits until they are durable.
  const ack = newMessage('MsgAppResp', raft.id);
  ack.index = index;
  send(raft, ack);
  return true;
}

/**
 * Empty payloads always fit (the first entry of a term, the way out of a joint configuration), and so does anything
 * while the tail is empty.
 */
function reserveUncommitted(raft: Raft, bytes: number): boolean {
  const limit = raft.config.maxUncommittedEntriesSizeBytes;
  if (raft.uncommittedBytes > 0 && bytes > 0 && raft.uncommittedBytes + bytes > limit) return false;
  raft.uncommittedBytes += bytes;
  return true;
}
