// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ForwardReply, ForwardRequest, GroupMessage, NodeHeartbeat, PeerFrame } from '../../ports/peers.ts';
import { readReply, readRequest, writeReply, writeRequest } from './forward-codec.ts';
import { readNodeHeartbeat, readSilence, writeNodeHeartbeat, writeSilence } from './heartbeat-codec.ts';
import { faultOf } from './message-check.ts';
import {
  isCompactHeartbeat,
  readHeartbeat,
  readRaftMessage,
  writeHeartbeat,
  writeRaftMessage,
} from './raft-message-codec.ts';
import { WireError, WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** Fields of shortlink.peer.v1.PeerFrame. */
const fields = {
  messages: 2,
  requests: 3,
  replies: 4,
  heartbeats: 5,
  heartbeatResponses: 6,
  clockMs: 7,
  mapEpoch: 8,
  heartbeat: 9,
  silence: 10,
} as const;

/** Messages, requests and replies of one gRPC message, so that one cannot make a receiver hold millions of objects. */
export const partMaxItems = 16_384;

export interface EncodedFrame {
  /** One gRPC message each, in their order. */
  readonly parts: readonly Buffer[];
  readonly bytes: number;
  /** Items that are larger than a whole gRPC message may be; they are in no part. */
  readonly tooLarge: number;
}

/** Encodes frames for gRPC messages of at most `maxBytes`. One writer for all of them: it keeps its buffer. */
export class FrameEncoder {
  readonly #writer = new WireWriter();
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #items = 0;
  #tooLarge = 0;
  #stampBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  encode(frame: PeerFrame): EncodedFrame {
    this.#parts = [];
    this.#bytes = 0;
    this.#tooLarge = 0;
    this.#begin(frame);
    if (frame.heartbeat !== undefined) this.#add(frame, frame.heartbeat, writeHeartbeatField);
    if (frame.silentNodes !== undefined) this.#add(frame, frame.silentNodes, writeSilenceField);
    for (const message of frame.raft) this.#add(frame, message, writeGroupMessage);
    for (const request of frame.requests) this.#add(frame, request, writeRequestField);
    for (const reply of frame.replies) this.#add(frame, reply, writeReplyField);
    // The stamp alone is worth sending only when the frame was meant to be empty.
    if (this.#items > 0 || (this.#parts.length === 0 && this.#tooLarge === 0)) this.#cut(this.#writer.length);
    this.#writer.reset();
    return { parts: this.#parts, bytes: this.#bytes, tooLarge: this.#tooLarge };
  }

  #begin(frame: PeerFrame): void {
    this.#writer.reset();
    this.#writer.uint(fields.clockMs, frame.clockMs);
    this.#writer.uint(fields.mapEpoch, frame.mapEpoch);
    this.#stampBytes = this.#writer.length;
    this.#items = 0;
  }

  #add<T>(frame: PeerFrame, item: T, write: (writer: WireWriter, item: T) => void): void {
    const writer = this.#writer;
    if (this.#items === partMaxItems) {
      this.#cut(writer.length);
      this.#begin(frame);
    }
    const start = writer.length;
    write(writer, item);
    this.#items++;
    if (writer.length <= this.#maxBytes) return;
    const itemBytes = writer.length - start;
    if (this.#stampBytes + itemBytes > this.#maxBytes) {
      this.#tooLarge++;
      this.#items--;
      writer.truncate(start);
      return;
    }
    const overhang = writer.copy(start, writer.length);
    this.#cut(start);
    this.#begin(frame);
    writer.append(overhang);
    this.#items = 1;
  }

  #cut(end: number): void {
    this.#parts.push(this.#writer.copy(0, end));
    this.#bytes += end;
  }
}

function writeGroupMessage(writer: WireWriter, group: GroupMessage): void {
  if (!isCompactHeartbeat(group.message)) writeRaftMessage(writer, fields.messages, group);
  else if (group.message.type === 'MsgHeartbeat') writeHeartbeat(writer, fields.heartbeats, group);
  else writeHeartbeat(writer, fields.heartbeatResponses, group);
}

function writeRequestField(writer: WireWriter, request: ForwardRequest): void {
  writeRequest(writer, fields.requests, request);
}

function writeReplyField(writer: WireWriter, reply: ForwardReply): void {
  writeReply(writer, fields.replies, reply);
}

function writeHeartbeatField(writer: WireWriter, heartbeat: NodeHeartbeat): void {
  writeNodeHeartbeat(writer, fields.heartbeat, heartbeat);
}

function writeSilenceField(writer: WireWriter, nodes: readonly NodeId[]): void {
  writeSilence(writer, fields.silence, nodes);
}

export interface FaultyFrame {
  /** What is wrong with the bytes, for the log. */
  readonly fault: string;
}

/** Reads one gRPC message. Payloads and data of entries are views of `bytes`, which must not change afterwards. */
export function decodeFrame(bytes: Uint8Array): PeerFrame | FaultyFrame {
  try {
    return readFrame(new WireReader(bytes));
  } catch (error) {
    if (error instanceof WireError) return { fault: error.message };
    throw error;
  }
}

function readFrame(reader: WireReader): PeerFrame {
  const raft: GroupMessage[] = [];
  const requests: ForwardRequest[] = [];
  const replies: ForwardReply[] = [];
  let clockMs = 0;
  let mapEpoch = 0;
  let heartbeat: NodeHeartbeat | undefined;
  let silentNodes: readonly NodeId[] | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === fields.messages) raft.push(reader.nested(readRaftMessage));
    else if (field === fields.requests) requests.push(reader.nested(readRequest));
    else if (field === fields.replies) replies.push(reader.nested(readReply));
    else if (field === fields.heartbeats) raft.push(reader.nested((r) => readHeartbeat(r, 'MsgHeartbeat')));
    else if (field === fields.heartbeatResponses) raft.push(reader.nested((r) => readHeartbeat(r, 'MsgHeartbeatResp')));
    else if (field === fields.clockMs) clockMs = reader.uint();
    else if (field === fields.mapEpoch) mapEpoch = reader.uint();
    else if (field === fields.heartbeat) heartbeat = reader.nested(readNodeHeartbeat);
    else if (field === fields.silence) silentNodes = reader.nested(readSilence);
    else reader.skip();
    if (raft.length + requests.length + replies.length > partMaxItems)
      throw new WireError(`more than ${partMaxItems} messages`);
  }
  for (const { message } of raft) {
    const fault = faultOf(message);
    if (fault !== undefined) throw new WireError(fault);
  }
  return { raft, requests, replies, heartbeat, silentNodes, clockMs, mapEpoch };
}
