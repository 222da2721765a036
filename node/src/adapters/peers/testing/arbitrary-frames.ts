// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { newMessage } from '../../../core/raft/message.ts';
import type { Entry, EntryType, Message, MessageType, Snapshot } from '../../../core/raft/types.ts';
import type { ForwardReply, ForwardRequest, GroupMessage, NodeHeartbeat, PeerFrame } from '../../../ports/peers.ts';

export const everyMessageType = [
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
] as const satisfies readonly MessageType[];

/** Numbers of every length on the wire, up to the largest that the project uses. */
const counter = fc.oneof(
  fc.nat({ max: 300 }),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const uint32 = fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 0, max: 0xffff_ffff }));
const positive32 = fc.integer({ min: 1, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 300 });
const entryTypes: readonly EntryType[] = ['normal', 'confChange', 'confChangeV2'];

const entry: fc.Arbitrary<Entry> = fc.record({
  term: counter,
  index: counter,
  type: fc.constantFrom(...entryTypes),
  data: bytes,
});

const ids = fc.array(positive32, { maxLength: 5 });
const snapshot: fc.Arbitrary<Snapshot> = fc.record({
  metadata: fc.record({
    confState: fc.record({
      voters: ids,
      learners: ids,
      votersOutgoing: ids,
      learnersNext: ids,
      autoLeave: fc.boolean(),
    }),
    index: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    term: counter,
  }),
  data: bytes,
});

/** Any message that a receiver accepts: entries of an append follow its index, a snapshot is there where it must be. */
export const arbitraryMessage: fc.Arbitrary<Message> = fc
  .record({
    type: fc.constantFrom(...everyMessageType),
    to: positive32,
    from: positive32,
    term: counter,
    logTerm: counter,
    index: counter,
    entries: fc.array(entry, { maxLength: 4 }),
    commit: counter,
    vote: uint32,
    snapshot: fc.option(snapshot, { nil: undefined }),
    reject: fc.boolean(),
    rejectHint: counter,
    context: fc.option(bytes, { nil: undefined }),
    wanted: snapshot,
    plain: fc.boolean(),
  })
  .map(({ wanted, plain, ...fields }) => {
    const message = Object.assign(newMessage(fields.type, fields.to), fields);
    if (message.type === 'MsgSnap') message.snapshot ??= wanted;
    if (message.type === 'MsgProp' && message.entries.length === 0) {
      message.entries = [{ term: 0, index: 0, type: 'normal', data: wanted.data }];
    }
    if (message.type === 'MsgApp') {
      const start = Math.min(message.index, Number.MAX_SAFE_INTEGER - 10);
      message.index = start;
      message.logTerm = Math.min(message.logTerm, message.term);
      message.entries = message.entries.map((e, i) => ({ ...e, index: start + 1 + i, term: message.term }));
    }
    // Heartbeats as the core makes them take the short form.
    if (plain && (message.type === 'MsgHeartbeat' || message.type === 'MsgHeartbeatResp')) {
      const { type, to, from, term, commit, context } = message;
      return Object.assign(newMessage(type, to), { from, term, commit, context });
    }
    return message;
  });

const groupMessage: fc.Arbitrary<GroupMessage> = fc.record({ shard: uint32, message: arbitraryMessage });

const request: fc.Arbitrary<ForwardRequest> = fc.record({
  id: counter,
  hops: fc.nat({ max: 10 }),
  shard: uint32,
  kind: fc.constantFrom('write', 'read', 'map', 'control'),
  timeoutMs: fc.nat({ max: 600_000 }),
  payload: bytes,
});

const reply: fc.Arbitrary<ForwardReply> = fc.record({
  id: counter,
  status: fc.constantFrom('ok', 'unavailable', 'overloaded', 'timeout', 'refused'),
  payload: bytes,
});

const heartbeat: fc.Arbitrary<NodeHeartbeat> = fc.record({
  chunksHeld: uint32,
  chunkBytes: counter,
  diskFreeBytes: fc.option(counter, { nil: undefined }),
  chunkProblem: fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }), { nil: undefined }),
  storeProblem: fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }), { nil: undefined }),
});

export const arbitraryFrame: fc.Arbitrary<PeerFrame> = fc.record({
  raft: fc.array(groupMessage, { maxLength: 12 }),
  requests: fc.array(request, { maxLength: 4 }),
  replies: fc.array(reply, { maxLength: 4 }),
  heartbeat: fc.option(heartbeat, { nil: undefined }),
  silentNodes: fc.option(fc.array(fc.stringMatching(/^[0-9a-f]{16}$/), { maxLength: 5 }), { nil: undefined }),
  clockMs: counter,
  mapEpoch: counter,
});
