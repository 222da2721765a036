// SPDX-License-Identifier: Apache-2.0
import { promises, type LookupAddress } from 'node:dns';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { limits } from '@shortlink/common/limits.ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { appendOf, frameOf, RecordingHandler } from '../../ports/testing/peers-contract.ts';
import { protocolVersion } from './hello.ts';
import { GrpcFixture } from './testing/grpc-fixture.ts';
import type { NodeOptions } from './testing/grpc-fixture.ts';
import { RawStream } from './testing/raw-peer.ts';

let fixture: GrpcFixture;
let handlers: { a: RecordingHandler; b: RecordingHandler };
const streams: RawStream[] = [];
beforeEach(() => {
  fixture = new GrpcFixture();
  handlers = { a: new RecordingHandler(), b: new RecordingHandler() };
});
afterEach(async () => {
  for (const opened of streams.splice(0)) opened.close();
  await fixture.dispose();
});

async function pair(options: Partial<NodeOptions> = {}) {
  const a = await fixture.addNode({ nodeId: 'node-a', clusterId: 'c', handler: handlers.a, ...options });
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler: handlers.b, ...options });
  a.peers.setPeers(new Map([['node-b', b.address]]));
  await fixture.until(() => a.peers.isConnected('node-b') && b.peers.isConnected('node-a'));
  return { a, b };
}

function stream(address: string): RawStream {
  const opened = new RawStream(address);
  streams.push(opened);
  return opened;
}

const honest = { clusterId: 'c', fromNodeId: 'node-a', toNodeId: 'node-b', protocolVersion };

it.each([
  ['another cluster', { ...honest, clusterId: 'other' }, 'belongs to cluster c, node node-a to cluster other'],
  ['no cluster', { ...honest, clusterId: '' }, 'belongs to cluster c'],
  ['a protocol that is too old', { ...honest, protocolVersion: 1 }, 'versions 2 to 2'],
  ['somebody else in mind', { ...honest, toNodeId: 'node-x' }, 'the address of node node-x led to node node-b'],
  ['its own name', { ...honest, fromNodeId: 'node-b' }, 'does not talk to itself'],
  ['a larger id than this node', { ...honest, fromNodeId: 'node-c' }, 'node node-b dials node node-c'],
])('refuses a caller with %s, in words', async (_what, hello, words) => {
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler: handlers.b });
  const caller = stream(b.address).hello(hello);
  await fixture.until(() => caller.ended !== undefined);
  expect(caller.ended).toContain(words);
  expect(b.peers.isConnected(hello.fromNodeId)).toBe(false);
  expect(handlers.b.disconnects).toEqual([]);
});

it('reaches peers whose names appear only after a while, as those of new pods do', async () => {
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler: handlers.b });
  const a = await fixture.addNode({ nodeId: 'node-a', clusterId: 'c', handler: handlers.a });
  let isKnown = false;
  let asked = 0;
  const lookup = vi.spyOn(promises, 'lookup').mockImplementation(async () => {
    asked++;
    if (!isKnown) throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const all: unknown = [{ address: '127.0.0.1', family: 4 }];
    return all as LookupAddress;
  });
  try {
    const named = b.address.replace('127.0.0.1', 'links-1.links-nodes.web.svc');
    await expect(a.peers.ask(named, utf8('who'), 2000)).rejects.toThrow('did not answer');
    a.peers.setPeers(new Map([['node-b', named]]));
    await fixture.until(() => asked > 2);
    isKnown = true;
    await fixture.until(() => a.peers.isConnected('node-b'));
    expect(fromUtf8(await a.peers.ask(named, utf8('who'), 10_000))).toBe('answer to who');
  } finally {
    lookup.mockRestore();
  }
});

it('takes a caller of a later version, who knows how to speak this one', async () => {
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler: handlers.b });
  stream(b.address).hello({ ...honest, protocolVersion: protocolVersion + 7 });
  await fixture.until(() => b.peers.isConnected('node-a'));
});

it('refuses a caller that does not begin with a hello', async () => {
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler: handlers.b });
  for (const bytes of [new Uint8Array(0), new Uint8Array([255, 255]), new Uint8Array([56, 1])]) {
    const caller = stream(b.address).write(bytes);
    await fixture.until(() => caller.ended !== undefined);
    expect(caller.ended).toContain('did not begin with a hello');
  }
});

it('logs a refusal once on each side, however often the peer tries', async () => {
  const a = await fixture.addNode({ nodeId: 'node-a', clusterId: 'c', handler: handlers.a });
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'other', handler: handlers.b });
  a.peers.setPeers(new Map([['node-b', b.address]]));
  await fixture.until(() => a.observer.lines.length > 0 && b.observer.lines.length > 0);
  await fixture.aWhile();
  expect(a.observer.lines).toHaveLength(1);
  expect(a.observer.lines[0]).toContain('node node-b belongs to cluster other');
  expect(b.observer.lines).toHaveLength(1);
});

it('lets the newest stream of a peer take the place of an older one', async () => {
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler: handlers.b });
  const older = stream(b.address).hello(honest);
  await fixture.until(() => b.peers.isConnected('node-a'));
  const newer = stream(b.address).hello(honest);
  await fixture.until(() => older.ended !== undefined);
  expect(older.ended).toContain('newer stream');
  expect(handlers.b.disconnects).toEqual(['node-a']);
  b.peers.send('node-a', frameOf({ mapEpoch: 4 }));
  await fixture.until(() => newer.received.length === 2);
  expect(b.peers.isConnected('node-a')).toBe(true);
  newer.close();
  await fixture.until(() => handlers.b.disconnects.length === 2);
});

it('drops what it cannot read, and goes on with the stream', async () => {
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler: handlers.b });
  const caller = stream(b.address).hello(honest);
  caller.write(new Uint8Array([255, 255, 255])).write(new Uint8Array([64, 9]));
  await fixture.until(() => handlers.b.frames.length === 1);
  expect(handlers.b.frames[0]?.frame.mapEpoch).toBe(9);
  expect(b.observer.dropped).toBe(1);
  expect(b.observer.lines.join()).toContain('dropped what a peer sent');
});

it('begins to dial when it becomes part of a cluster', async () => {
  const identity: { clusterId: string | undefined } = { clusterId: undefined };
  const a = await fixture.addNode({ nodeId: 'node-a', clusterId: () => identity.clusterId, handler: handlers.a });
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler: handlers.b });
  a.peers.setPeers(new Map([['node-b', b.address]]));
  await fixture.aWhile();
  expect(a.peers.isConnected('node-b')).toBe(false);
  identity.clusterId = 'c';
  await fixture.until(() => a.peers.isConnected('node-b'));
});

it('hangs up on a peer that is no longer among its peers', async () => {
  const { a, b } = await pair();
  a.peers.setPeers(new Map());
  await fixture.until(() => handlers.b.disconnects.length === 1);
  await fixture.aWhile();
  expect(a.peers.isConnected('node-b')).toBe(false);
  expect(b.peers.isConnected('node-a')).toBe(false);
});

it('carries a frame that is larger than a message may be, in its order', async () => {
  const { a } = await pair();
  const raft = Array.from({ length: 7 }, (_, i) => ({
    shard: i,
    message: appendOf(i + 1, new Uint8Array(limits.proposalMaxBytes)),
  }));
  a.peers.send('node-b', frameOf({ raft, mapEpoch: 3 }));
  await fixture.until(() => handlers.b.messages().length === raft.length);
  expect(handlers.b.frames.length).toBeGreaterThan(3);
  expect(handlers.b.frames.flatMap(({ frame }) => frame.raft.map(({ shard }) => shard))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(a.observer.dropped).toBe(0);
});

it('drops, counts and logs a message that no frame can hold, and sends the rest', async () => {
  const { a } = await pair();
  const huge = { shard: 1, message: appendOf(1, new Uint8Array(limits.peerFrameMaxBytes)) };
  a.peers.send('node-b', frameOf({ raft: [huge, { shard: 2, message: appendOf(2) }] }));
  await fixture.until(() => handlers.b.messages().length === 1);
  expect(handlers.b.frames[0]?.frame.raft[0]?.shard).toBe(2);
  expect(a.observer.dropped).toBe(1);
  expect(a.observer.lines.join()).toContain('larger than a frame');
});

it('drops the messages of Raft when a peer takes them too slowly, and its replies only at twice the limit', async () => {
  const { a } = await pair({ queueMaxBytes: 250_000 });
  const count = 20;
  // All in one turn: nothing leaves in between.
  for (let i = 1; i <= count; i++) {
    const message = appendOf(i, new Uint8Array(100_000));
    const reply = { id: i, status: 'ok', payload: new Uint8Array(30_000) } as const;
    a.peers.send('node-b', frameOf({ raft: [{ shard: 1, message }], replies: [reply], mapEpoch: i }));
  }
  await fixture.until(() => handlers.b.frames.length > 0);
  await fixture.aWhile();
  const replies = handlers.b.frames.flatMap(({ frame }) => frame.replies.map(({ id }) => id));
  // 130 kB a frame: two fit, then only replies of 30 kB until 500 kB are full.
  expect(handlers.b.messages().map((message) => message.entries[0]?.index)).toEqual([1, 2]);
  expect(replies).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(a.observer.dropped).toBe(count - 2);
  a.peers.send('node-b', frameOf({ raft: [{ shard: 1, message: appendOf(21) }] }));
  await fixture.until(() => handlers.b.messages().length === 3);
});
