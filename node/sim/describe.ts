// SPDX-License-Identifier: Apache-2.0
import type { Message } from '../src/core/raft/types.ts';
import type { PeerFrame } from '../src/ports/peers.ts';

/** One line a frame: what the trace hash covers and `--verbose` prints. */
export function describeFrame(frame: PeerFrame): string {
  let text = '';
  for (const { shard, message } of frame.raft) text += `${shard}:${describeMessage(message)} `;
  for (const { id, kind, shard } of frame.requests) text += `${kind}#${id}/${shard} `;
  for (const { id, status } of frame.replies) text += `${status}#${id} `;
  return frame.heartbeat === undefined ? text : `${text}beat `;
}

export function describeMessage(message: Message): string {
  const { type, from, to, term, index, logTerm, commit, reject, entries } = message;
  const tail = entries.length === 0 ? '' : `+${entries.length}`;
  return `${type.slice(3)} ${from}>${to} t${term} ${index}/${logTerm}${tail} c${commit}${reject ? ' reject' : ''}`;
}
