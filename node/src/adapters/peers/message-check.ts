// SPDX-License-Identifier: Apache-2.0
import type { Message } from '../../core/raft/types.ts';

/**
 * Why a message that arrived must not reach the core, which takes these things for granted and would end the process.
 * Undefined when there is nothing against it.
 */
export function faultOf(message: Message): string | undefined {
  if (message.from === 0 || message.to === 0) return `${message.type} without a sender or a receiver`;
  switch (message.type) {
    case 'MsgApp':
      return faultOfAppend(message);
    case 'MsgProp':
      return message.entries.length === 0 ? 'MsgProp without entries' : undefined;
    case 'MsgSnap':
      return message.snapshot === undefined || message.snapshot.metadata.index === 0
        ? 'MsgSnap without a snapshot'
        : undefined;
    default:
      return undefined;
  }
}

/** The entries follow the one at `index`, without a gap and with terms that never fall. */
function faultOfAppend(message: Message): string | undefined {
  let index = message.index;
  let term = message.logTerm;
  for (const entry of message.entries) {
    index++;
    if (entry.index !== index) return `MsgApp with entry ${entry.index} where ${index} belongs`;
    if (entry.term < term || entry.term > message.term)
      return `MsgApp of term ${message.term} with an entry of term ${entry.term} after ${term}`;
    term = entry.term;
  }
  return undefined;
}
