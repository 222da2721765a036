// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { emptyBytes } from '@shortlink/common/bytes.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { newMessage } from '../../core/raft/message.ts';
import type { MutableMessage } from '../../core/raft/message.ts';
import type { ConfState, Entry, EntryType, Message, MessageType, Snapshot } from '../../core/raft/types.ts';
import type { GroupMessage } from '../../ports/peers.ts';
import { WireError } from './wire-reader.ts';
import type { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

// Field numbers are those of shortlink/peer/v1/peer.proto. The codec is written by hand because the generated one makes
// every 64-bit number a bigint, which costs more than all the rest of a frame; a test holds both together.

/** At the position of their number in the contract. */
const messageTypes: readonly (MessageType | undefined)[] = [
  undefined,
  'MsgHup',
  'MsgBeat',
  'MsgProp',
  'MsgApp',
  'MsgAppResp',
  'MsgVote',
  'MsgVoteResp',
  'MsgSnap',
  'MsgHeartbeat',
  'MsgHeartbeatResp',
  'MsgUnreachable',
  'MsgSnapStatus',
  'MsgCheckQuorum',
  'MsgTransferLeader',
  'MsgTimeoutNow',
  'MsgReadIndex',
  'MsgReadIndexResp',
  'MsgPreVote',
  'MsgPreVoteResp',
  'MsgStorageAppend',
  'MsgStorageAppendResp',
  'MsgStorageApply',
  'MsgStorageApplyResp',
  'MsgForgetLeader',
];
const numberByMessageType = new Map(messageTypes.map((type, number) => [type, number]));
const entryTypes: readonly (EntryType | undefined)[] = [undefined, 'normal', 'confChange', 'confChangeV2'];
const numberByEntryType = new Map(entryTypes.map((type, number) => [type, number]));

export function writeRaftMessage(writer: WireWriter, field: number, { shard, message }: GroupMessage): void {
  let guessBytes = 40;
  for (const entry of message.entries) guessBytes += entry.data.length + 14;
  const start = writer.begin(field, guessBytes);
  writer.uint(1, shard);
  writer.uint(2, numberByMessageType.get(message.type) ?? 0);
  writer.uint(3, message.to);
  writer.uint(4, message.from);
  writer.uint(5, message.term);
  writer.uint(6, message.logTerm);
  writer.uint(7, message.index);
  for (const entry of message.entries) writeEntry(writer, entry);
  writer.uint(9, message.commit);
  writer.uint(10, message.vote);
  writer.uint(11, message.reject ? 1 : 0);
  writer.uint(12, message.rejectHint);
  if (message.context !== undefined) writer.bytes(13, message.context);
  if (message.snapshot !== undefined) writeSnapshot(writer, message.snapshot);
  writer.end(start);
}

export function readRaftMessage(reader: WireReader): GroupMessage {
  let shard = 0;
  const message = newMessage('MsgHup', 0);
  const entries: Entry[] = [];
  let known = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) shard = reader.uint32();
    else if (field === 2) {
      message.type = readMessageType(reader);
      known = true;
    } else if (field === 8) entries.push(reader.nested(readEntry));
    else readMessageField(reader, field, message);
  }
  if (!known) throw new WireError('a raft message without a type');
  if (entries.length > 0) message.entries = entries;
  return { shard, message };
}

function readMessageField(reader: WireReader, field: number, message: MutableMessage): void {
  switch (field) {
    case 3:
      message.to = reader.uint32();
      break;
    case 4:
      message.from = reader.uint32();
      break;
    case 5:
      message.term = reader.uint();
      break;
    case 6:
      message.logTerm = reader.uint();
      break;
    case 7:
      message.index = reader.uint();
      break;
    case 9:
      message.commit = reader.uint();
      break;
    case 10:
      message.vote = reader.uint32();
      break;
    case 11:
      message.reject = reader.uint() !== 0;
      break;
    case 12:
      message.rejectHint = reader.uint();
      break;
    case 13:
      message.context = reader.bytes();
      break;
    case 14:
      message.snapshot = reader.nested(readSnapshot);
      break;
    default:
      reader.skip();
  }
}

/** Heartbeats without a field that the short form lacks. */
export function isCompactHeartbeat(message: Message): boolean {
  return (
    (message.type === 'MsgHeartbeat' || message.type === 'MsgHeartbeatResp') &&
    message.index === 0 &&
    message.logTerm === 0 &&
    message.vote === 0 &&
    message.rejectHint === 0 &&
    !message.reject &&
    message.entries.length === 0 &&
    message.snapshot === undefined
  );
}

export function writeHeartbeat(writer: WireWriter, field: number, { shard, message }: GroupMessage): void {
  const start = writer.begin(field, 32);
  writer.uint(1, shard);
  writer.uint(2, message.from);
  writer.uint(3, message.to);
  writer.uint(4, message.term);
  writer.uint(5, message.commit);
  if (message.context !== undefined) writer.bytes(6, message.context);
  writer.end(start);
}

export function readHeartbeat(reader: WireReader, type: 'MsgHeartbeat' | 'MsgHeartbeatResp'): GroupMessage {
  let shard: ShardId = 0;
  const message = newMessage(type, 0);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) shard = reader.uint32();
    else if (field === 2) message.from = reader.uint32();
    else if (field === 3) message.to = reader.uint32();
    else if (field === 4) message.term = reader.uint();
    else if (field === 5) message.commit = reader.uint();
    else if (field === 6) message.context = reader.bytes();
    else reader.skip();
  }
  return { shard, message };
}

function readMessageType(reader: WireReader): MessageType {
  const number = reader.uint();
  const type = messageTypes[number];
  if (type === undefined) throw new WireError(`unknown type ${number} of a raft message`);
  return type;
}

function writeEntry(writer: WireWriter, entry: Entry): void {
  const start = writer.begin(8, entry.data.length + 12);
  writer.uint(1, entry.term);
  writer.uint(2, entry.index);
  writer.uint(3, numberByEntryType.get(entry.type) ?? 0);
  if (entry.data.length > 0) writer.bytes(4, entry.data);
  writer.end(start);
}

function readEntry(reader: WireReader): Entry {
  let term = 0;
  let index = 0;
  let type: EntryType | undefined;
  let data = emptyBytes;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) term = reader.uint();
    else if (field === 2) index = reader.uint();
    else if (field === 3) type = entryTypes[reader.uint()];
    else if (field === 4) data = reader.bytes();
    else reader.skip();
  }
  if (type === undefined) throw new WireError('an entry of unknown type');
  return { term, index, type, data };
}

function writeSnapshot(writer: WireWriter, { metadata, data }: Snapshot): void {
  const start = writer.begin(14, data.length + 64);
  const confStart = writer.begin(1, 32);
  const { confState } = metadata;
  for (const id of confState.voters) writeListed(writer, 1, id);
  for (const id of confState.learners) writeListed(writer, 2, id);
  for (const id of confState.votersOutgoing) writeListed(writer, 3, id);
  for (const id of confState.learnersNext) writeListed(writer, 4, id);
  writer.uint(5, confState.autoLeave ? 1 : 0);
  writer.end(confStart);
  writer.uint(2, metadata.index);
  writer.uint(3, metadata.term);
  if (data.length > 0) writer.bytes(4, data);
  writer.end(start);
}

/** Replica ids are positive, so that leaving out zeros loses nothing. */
function writeListed(writer: WireWriter, field: number, id: number): void {
  assert(id > 0, 'replica id 0 in a configuration');
  writer.uint(field, id);
}

function readSnapshot(reader: WireReader): Snapshot {
  let confState: ConfState = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  let index = 0;
  let term = 0;
  let data = emptyBytes;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) confState = reader.nested(readConfState);
    else if (field === 2) index = reader.uint();
    else if (field === 3) term = reader.uint();
    else if (field === 4) data = reader.bytes();
    else reader.skip();
  }
  return { metadata: { confState, index, term }, data };
}

function readConfState(reader: WireReader): ConfState {
  const lists: [number[], number[], number[], number[]] = [[], [], [], []];
  let autoLeave = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const list = lists[field - 1];
    if (list !== undefined) reader.uint32s(list);
    else if (field === 5) autoLeave = reader.uint() !== 0;
    else reader.skip();
  }
  const [voters, learners, votersOutgoing, learnersNext] = lists;
  return { voters, learners, votersOutgoing, learnersNext, autoLeave };
}
