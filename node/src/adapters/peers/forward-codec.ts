// SPDX-License-Identifier: Apache-2.0
import { emptyBytes } from '@shortlink/common/bytes.ts';
import type { ForwardKind, ForwardReply, ForwardRequest, ForwardStatus } from '../../ports/peers.ts';
import { WireError } from './wire-reader.ts';
import type { WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

/** At the position of their number in the contract. */
const kinds: readonly (ForwardKind | undefined)[] = [undefined, 'write', 'read', 'map', 'control', 'copy'];
const statuses: readonly (ForwardStatus | undefined)[] = [
  undefined,
  'ok',
  'unavailable',
  'overloaded',
  'timeout',
  'refused',
];

export function writeRequest(writer: WireWriter, field: number, request: ForwardRequest): void {
  const start = writer.begin(field, request.payload.length + 24);
  writer.uint(1, request.id);
  writer.uint(2, request.hops);
  writer.uint(3, request.shard);
  // What is left of a caller's time may be a fraction, or nothing.
  writer.uint(4, Math.max(0, Math.ceil(request.timeoutMs)));
  writer.uint(5, kinds.indexOf(request.kind));
  if (request.payload.length > 0) writer.bytes(6, request.payload);
  writer.end(start);
}

export function readRequest(reader: WireReader): ForwardRequest {
  let [id, hops, shard, timeoutMs] = [0, 0, 0, 0];
  let kind: ForwardKind | undefined;
  let payload = emptyBytes;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) id = reader.uint();
    else if (field === 2) hops = reader.uint32();
    else if (field === 3) shard = reader.uint32();
    else if (field === 4) timeoutMs = reader.uint32();
    else if (field === 5) kind = kinds[reader.uint()];
    else if (field === 6) payload = reader.bytes();
    else reader.skip();
  }
  if (kind === undefined) throw new WireError('a request of unknown kind');
  return { id, hops, shard, kind, timeoutMs, payload };
}

export function writeReply(writer: WireWriter, field: number, reply: ForwardReply): void {
  const start = writer.begin(field, reply.payload.length + 12);
  writer.uint(1, reply.id);
  writer.uint(2, statuses.indexOf(reply.status));
  if (reply.payload.length > 0) writer.bytes(3, reply.payload);
  writer.end(start);
}

export function readReply(reader: WireReader): ForwardReply {
  let id = 0;
  let status: ForwardStatus | undefined;
  let payload = emptyBytes;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) id = reader.uint();
    else if (field === 2) status = statuses[reader.uint()];
    else if (field === 3) payload = reader.bytes();
    else reader.skip();
  }
  if (status === undefined) throw new WireError('a reply of unknown status');
  return { id, status, payload };
}
