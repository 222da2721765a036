// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import type { DescEnum, JsonObject, JsonValue } from '@bufbuild/protobuf';
import {
  EntryTypeSchema,
  ForwardKindSchema,
  ForwardStatusSchema,
  MessageTypeSchema,
  PeerFrameSchema,
  RaftMessageSchema,
} from '@shortlink/proto/peer.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newMessage } from '../../core/raft/message.ts';
import type { Snapshot } from '../../core/raft/types.ts';
import type { GroupMessage, NodeHeartbeat, PeerFrame } from '../../ports/peers.ts';
import { appendOf, frameOf } from '../../ports/testing/peers-contract.ts';
import { decodeFrame, FrameEncoder, partMaxItems } from './frame-codec.ts';
import { isCompactHeartbeat } from './raft-message-codec.ts';
import { arbitraryFrame, everyMessageType } from './testing/arbitrary-frames.ts';

const roomy = 8 * 1024 * 1024;

function decoded(parts: readonly Uint8Array[]): PeerFrame {
  const frames = parts.map((part) => {
    const frame = decodeFrame(new Uint8Array(part));
    if ('fault' in frame) throw new Error(frame.fault);
    return frame;
  });
  return {
    raft: frames.flatMap((frame) => frame.raft),
    requests: frames.flatMap((frame) => frame.requests),
    replies: frames.flatMap((frame) => frame.replies),
    heartbeat: frames.find((frame) => frame.heartbeat !== undefined)?.heartbeat,
    silentNodes: frames.find((frame) => frame.silentNodes !== undefined)?.silentNodes,
    clockMs: frames[0]?.clockMs ?? -1,
    mapEpoch: frames[0]?.mapEpoch ?? -1,
  };
}

it('gives back every frame as it was, messages of all groups in their order', () => {
  const encoder = new FrameEncoder(roomy);
  fc.assert(
    fc.property(arbitraryFrame, (frame) => {
      const { parts, tooLarge } = encoder.encode(frame);
      expect(tooLarge).toBe(0);
      expect(decoded(parts)).toEqual(frame);
    }),
    { numRuns: 300 },
  );
});

it('splits a frame into parts within the limit, and nothing is lost, doubled or reordered', () => {
  fc.assert(
    fc.property(arbitraryFrame, fc.integer({ min: 2000, max: 6000 }), (frame, maxBytes) => {
      const { parts, bytes, tooLarge } = new FrameEncoder(maxBytes).encode(frame);
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(maxBytes);
      expect(bytes).toBe(parts.reduce((sum, part) => sum + part.length, 0));
      if (tooLarge === 0) expect(decoded(parts)).toEqual(frame);
      for (const part of parts)
        expect(decodeFrame(part)).toMatchObject({ clockMs: frame.clockMs, mapEpoch: frame.mapEpoch });
    }),
    { numRuns: 200 },
  );
});

it('leaves out only the message that is larger than a part', () => {
  const sizes = [10, 3000, 20, 900, 900, 30];
  const raft = sizes.map((size, i) => ({ shard: i, message: appendOf(1, new Uint8Array(size)) }));
  const { parts, tooLarge } = new FrameEncoder(1000).encode(frameOf({ raft, clockMs: 5 }));
  expect(tooLarge).toBe(1);
  expect(decoded(parts).raft.map(({ shard }) => shard)).toEqual([0, 2, 3, 4, 5]);
  expect(new FrameEncoder(1000).encode(frameOf({ raft: raft.slice(1, 2) }))).toMatchObject({ parts: [], tooLarge: 1 });
});

it('puts no more items into a part than a receiver takes', () => {
  const raft = Array.from({ length: partMaxItems + 1 }, (_, shard) => {
    const message = newMessage('MsgHeartbeat', 2);
    message.from = 1;
    return { shard, message };
  });
  const { parts } = new FrameEncoder(roomy).encode(frameOf({ raft }));
  expect(parts).toHaveLength(2);
  expect(decoded(parts).raft.map(({ shard }) => shard)).toEqual(raft.map(({ shard }) => shard));
});

/** The name of a number in the contract, in the spelling of the core. */
function nameOf(schema: DescEnum, prefix: string, number: number | undefined): string {
  const name = schema.value[number ?? 0]?.name.slice(prefix.length) ?? '';
  return name.replaceAll('_', '').toLowerCase();
}

/** What the generated code must see for a message that is not in its short form, in protobuf's JSON. */
function expectedMessage({ shard, message }: GroupMessage): JsonValue {
  const { snapshot, type, entries, context, to, from, vote, reject } = message;
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return toJson(
    RaftMessageSchema,
    fromJson(RaftMessageSchema, {
      ...{ group: shard, type: everyMessageType.indexOf(type) + 1, to, from, vote, reject },
      term: `${message.term}`,
      logTerm: `${message.logTerm}`,
      index: `${message.index}`,
      entries: entries.map((entry) => ({
        term: `${entry.term}`,
        index: `${entry.index}`,
        type: ['normal', 'confChange', 'confChangeV2'].indexOf(entry.type) + 1,
        data: text(entry.data),
      })),
      commit: `${message.commit}`,
      rejectHint: `${message.rejectHint}`,
      ...(context === undefined ? {} : { context: text(context) }),
      ...(snapshot === undefined ? {} : { snapshot: expectedSnapshot(snapshot, text(snapshot.data)) }),
    }),
  );
}

function expectedSnapshot({ metadata: { confState, index, term } }: Snapshot, data: string): JsonValue {
  const lists = {
    voters: [...confState.voters],
    learners: [...confState.learners],
    votersOutgoing: [...confState.votersOutgoing],
    learnersNext: [...confState.learnersNext],
  };
  return { confState: { ...lists, autoLeave: confState.autoLeave }, index: `${index}`, term: `${term}`, data };
}

it('speaks the published contract: the generated code reads the same, and what it writes is read', () => {
  const encoder = new FrameEncoder(roomy);
  fc.assert(
    fc.property(arbitraryFrame, (frame) => {
      const bytes = new Uint8Array(encoder.encode(frame).parts[0] ?? []);
      const generated = fromBinary(PeerFrameSchema, bytes);
      const full = frame.raft.filter(({ message }) => !isCompactHeartbeat(message)).map(expectedMessage);
      expect(generated.messages.map((message) => toJson(RaftMessageSchema, message))).toEqual(full);
      expect(generated.heartbeats.length + generated.heartbeatResponses.length).toBe(frame.raft.length - full.length);
      expect([generated.clockMs, generated.mapEpoch]).toEqual([BigInt(frame.clockMs), BigInt(frame.mapEpoch)]);
      const again = decodeFrame(toBinary(PeerFrameSchema, generated));
      if ('fault' in again) throw new Error(again.fault);
      // The generated code writes one kind after the other, so that only their own order is left.
      const sorted = (f: PeerFrame) => f.raft.map((group) => JSON.stringify(group)).toSorted();
      expect(sorted(again)).toEqual(sorted(frame));
      expect(again.requests).toEqual(frame.requests);
      expect(again.replies).toEqual(frame.replies);
      expect(again.heartbeat).toEqual(frame.heartbeat);
      expect(again.silentNodes).toEqual(frame.silentNodes);
    }),
    { numRuns: 200 },
  );
});

it('tells a disk that is full from one that is not known, and cuts a problem that is too long', () => {
  const rest = { chunksHeld: 3, chunkBytes: 0, chunkProblem: undefined, storeProblem: undefined };
  const through = (heartbeat: NodeHeartbeat): NodeHeartbeat | undefined =>
    decoded(new FrameEncoder(roomy).encode(frameOf({ heartbeat })).parts).heartbeat;
  expect(through({ ...rest, diskFreeBytes: 0 })?.diskFreeBytes).toBe(0);
  expect(through({ ...rest, diskFreeBytes: undefined })?.diskFreeBytes).toBeUndefined();
  const long = through({ ...rest, diskFreeBytes: 1, chunkProblem: '€'.repeat(5000), storeProblem: 'a'.repeat(5000) });
  expect(long?.storeProblem).toMatch(/^a{100,200}$/);
  expect(long?.chunkProblem).toMatch(/^€{100,200}$/);
});

it('gives each type, kind and status the number that has its name in the contract', () => {
  const generatedOf = (frame: PeerFrame) =>
    fromBinary(PeerFrameSchema, new Uint8Array(new FrameEncoder(roomy).encode(frame).parts[0] ?? []));
  for (const type of everyMessageType) {
    const message = Object.assign(newMessage(type, 2), { from: 1, term: 7, rejectHint: 9 });
    const generated = generatedOf(frameOf({ raft: [{ shard: 1, message }] }));
    expect(nameOf(MessageTypeSchema, 'MESSAGE_TYPE_', generated.messages[0]?.type)).toBe(type.toLowerCase());
  }
  for (const type of ['normal', 'confChange', 'confChangeV2'] as const) {
    const entries = [{ term: 1, index: 1, type, data: new Uint8Array(0) }];
    const generated = generatedOf(frameOf({ raft: [{ shard: 1, message: { ...appendOf(1), entries } }] }));
    expect(nameOf(EntryTypeSchema, 'ENTRY_TYPE_', generated.messages[0]?.entries[0]?.type)).toBe(type.toLowerCase());
  }
  const payload = new Uint8Array(0);
  for (const kind of ['write', 'read', 'map', 'control'] as const) {
    const generated = generatedOf(frameOf({ requests: [{ id: 1, hops: 0, shard: 1, kind, timeoutMs: 1, payload }] }));
    expect(nameOf(ForwardKindSchema, 'FORWARD_KIND_', generated.requests[0]?.kind)).toBe(kind);
  }
  for (const status of ['ok', 'unavailable', 'overloaded', 'timeout', 'refused'] as const) {
    const generated = generatedOf(frameOf({ replies: [{ id: 1, status, payload }] }));
    expect(nameOf(ForwardStatusSchema, 'FORWARD_STATUS_', generated.replies[0]?.status)).toBe(status);
  }
});

it('puts heartbeats without a special field into their short form', () => {
  const raft = (['MsgHeartbeat', 'MsgHeartbeatResp'] as const).map((type, shard) => ({
    shard,
    message: Object.assign(newMessage(type, 2), { from: 1, term: 3, commit: 4, context: new Uint8Array([1]) }),
  }));
  const [part] = new FrameEncoder(roomy).encode(frameOf({ raft })).parts;
  const generated = fromBinary(PeerFrameSchema, part ?? new Uint8Array(0));
  expect([generated.messages.length, generated.heartbeats.length, generated.heartbeatResponses.length]).toEqual([
    0, 1, 1,
  ]);
});

it('names a fault, and never throws, whatever bytes arrive', () => {
  const encoder = new FrameEncoder(roomy);
  const damaged = fc
    .tuple(arbitraryFrame, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 5 }), fc.nat())
    .map(([frame, changes, cut]) => {
      const bytes = new Uint8Array(encoder.encode(frame).parts[0] ?? []);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes.subarray(0, cut % 3 === 0 ? cut % (bytes.length + 1) : bytes.length);
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const frame = decodeFrame(bytes);
      if ('fault' in frame) expect(frame.fault).not.toBe('');
      else expect(Array.isArray(frame.raft)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

it.each<[string, JsonObject, string]>([
  ['an unknown type', { messages: [{ type: 99, from: 1, to: 2 }] }, 'unknown type 99'],
  ['no type', { messages: [{ from: 1, to: 2 }] }, 'type'],
  ['no sender', { heartbeats: [{ to: 2 }] }, 'sender'],
  [
    'a gap between entries',
    { messages: [{ type: 4, from: 1, to: 2, term: 3, index: 5, entries: [{ term: 3, index: 7, type: 1 }] }] },
    'entry 7 where 6',
  ],
  [
    'an entry from a later term',
    { messages: [{ type: 4, from: 1, to: 2, term: 3, entries: [{ term: 4, index: 1, type: 1 }] }] },
    'term 4',
  ],
  [
    'terms that fall',
    { messages: [{ type: 4, from: 1, to: 2, term: 3, logTerm: 2, entries: [{ term: 1, index: 1, type: 1 }] }] },
    'term 1',
  ],
  [
    'an entry of no type',
    { messages: [{ type: 4, from: 1, to: 2, entries: [{ term: 1, index: 1 }] }] },
    'entry of unknown type',
  ],
  ['a proposal of nothing', { messages: [{ type: 3, from: 1, to: 2 }] }, 'MsgProp'],
  ['a snapshot message without one', { messages: [{ type: 8, from: 1, to: 2 }] }, 'MsgSnap'],
  ['a number above 2^53', { clockMs: '1152921504606846976' }, '2^53'],
  ['a request of no kind', { requests: [{ id: 1 }] }, 'kind'],
  ['a reply of no status', { replies: [{ id: 1 }] }, 'status'],
])('drops a frame with %s', (_what, frame, fault) => {
  const result = decodeFrame(toBinary(PeerFrameSchema, fromJson(PeerFrameSchema, frame)));
  expect('fault' in result ? result.fault : 'accepted').toContain(fault);
});

it('refuses more items than a part may hold', () => {
  const heartbeats = Array.from({ length: partMaxItems + 1 }, () => ({ from: 1, to: 2 }));
  const result = decodeFrame(toBinary(PeerFrameSchema, create(PeerFrameSchema, { heartbeats })));
  expect('fault' in result ? result.fault : 'accepted').toContain('more than');
});

it('passes over fields of a later version', () => {
  const known = new FrameEncoder(roomy).encode(frameOf({ clockMs: 12, mapEpoch: 3 })).parts[0] ?? new Uint8Array(0);
  // Fields 100 to 103: varint of ten bytes, bytes, fixed64, fixed32.
  const later = [
    0xa0,
    6,
    ...Array<number>(9).fill(0xff),
    1,
    0xaa,
    6,
    2,
    1,
    2,
    0xb1,
    6,
    ...Array<number>(8).fill(7),
    0xbd,
    6,
    1,
    2,
    3,
    4,
  ];
  expect(decodeFrame(new Uint8Array([...later, ...known]))).toEqual(frameOf({ clockMs: 12, mapEpoch: 3 }));
});

it('hands out views of plain arrays, whose slice is a copy', () => {
  const [part] = new FrameEncoder(roomy).encode(
    frameOf({ raft: [{ shard: 1, message: appendOf(1, new Uint8Array(100)) }] }),
  ).parts;
  const bytes = new Uint8Array(part ?? []);
  const frame = decodeFrame(bytes);
  const data = 'fault' in frame ? undefined : frame.raft[0]?.message.entries[0]?.data;
  expect(data?.buffer).toBe(bytes.buffer);
  expect(Buffer.isBuffer(data)).toBe(false);
});
