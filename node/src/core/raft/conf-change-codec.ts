// SPDX-License-Identifier: Apache-2.0

import { isConfChangeV2, leaveJointChange } from './conf-change.ts';
import type {
  AnyConfChange,
  ConfChange,
  ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  ConfChangeV2,
} from './conf-change.ts';
import { ProtoReader, ProtoWriter } from './proto-wire.ts';
import type { Entry } from './types.ts';

// Wire format: raftpb.ConfChange and raftpb.ConfChangeV2 (proto2) of etcd-io/raft, byte for byte.
const types: readonly ConfChangeType[] = ['addNode', 'removeNode', 'updateNode', 'addLearnerNode'];
const transitions: readonly ConfChangeTransition[] = ['auto', 'jointImplicit', 'jointExplicit'];

export function encodeConfChange(change: ConfChange): Uint8Array {
  const writer = new ProtoWriter();
  if (change.id !== 0) writer.varintField(1, change.id);
  writer.varintField(2, types.indexOf(change.type));
  writer.varintField(3, change.nodeId);
  if (change.context.length > 0) writer.bytesField(4, change.context);
  return writer.finish();
}

export function encodeConfChangeV2(change: ConfChangeV2): Uint8Array {
  const writer = new ProtoWriter();
  writer.varintField(1, transitions.indexOf(change.transition));
  for (const single of change.changes) {
    const nested = new ProtoWriter();
    nested.varintField(1, types.indexOf(single.type));
    nested.varintField(2, single.nodeId);
    writer.bytesField(2, nested.finish());
  }
  if (change.context.length > 0) writer.bytesField(3, change.context);
  return writer.finish();
}

function typeOf(value: number): ConfChangeType | 'malformed' {
  return types[value] ?? 'malformed';
}

function decodeSingle(data: Uint8Array): ConfChangeSingle | 'malformed' {
  const reader = new ProtoReader(data);
  let type: ConfChangeType | 'malformed' = 'addNode';
  let nodeId = 0;
  while (reader.next()) {
    if (reader.field === 1) type = typeOf(reader.varint);
    else if (reader.field === 2) nodeId = reader.varint;
  }
  return reader.malformed || type === 'malformed' ? 'malformed' : { type, nodeId };
}

export function decodeConfChange(data: Uint8Array): ConfChange | 'malformed' {
  const reader = new ProtoReader(data);
  let id = 0;
  let type: ConfChangeType | 'malformed' = 'addNode';
  let nodeId = 0;
  let context: Uint8Array = leaveJointChange.context;
  while (reader.next()) {
    if (reader.field === 1) id = reader.varint;
    else if (reader.field === 2) type = typeOf(reader.varint);
    else if (reader.field === 3) nodeId = reader.varint;
    else if (reader.field === 4) context = reader.bytes;
  }
  return reader.malformed || type === 'malformed' ? 'malformed' : { id, type, nodeId, context };
}

/** Empty data is the change that leaves a joint configuration. */
export function decodeConfChangeV2(data: Uint8Array): ConfChangeV2 | 'malformed' {
  const reader = new ProtoReader(data);
  let transition: ConfChangeTransition | undefined = 'auto';
  let context: Uint8Array = leaveJointChange.context;
  const changes: ConfChangeSingle[] = [];
  while (reader.next()) {
    if (reader.field === 1) transition = transitions[reader.varint];
    else if (reader.field === 3) context = reader.bytes;
    else if (reader.field === 2) {
      const single = decodeSingle(reader.bytes);
      if (single === 'malformed') return 'malformed';
      changes.push(single);
    }
  }
  return reader.malformed || transition === undefined ? 'malformed' : { transition, changes, context };
}

/** The log entry that proposes a change; term and index are the leader's to set. */
export function encodeConfChangeEntry(change: AnyConfChange): Entry {
  if (!isConfChangeV2(change)) return { term: 0, index: 0, type: 'confChange', data: encodeConfChange(change) };
  return { term: 0, index: 0, type: 'confChangeV2', data: encodeConfChangeV2(change) };
}

/** The change in a log entry; undefined for a normal one. */
export function decodeConfChangeEntry(entry: Entry): AnyConfChange | 'malformed' | undefined {
  if (entry.type === 'normal') return undefined;
  return entry.type === 'confChange' ? decodeConfChange(entry.data) : decodeConfChangeV2(entry.data);
}
