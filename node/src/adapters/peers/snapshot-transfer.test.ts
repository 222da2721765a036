// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { create } from '@bufbuild/protobuf';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { utf8 } from '@shortlink/common/bytes.ts';
import { limits } from '@shortlink/common/limits.ts';
import { addService } from '@shortlink/proto/grpc-service.ts';
import { FormationResponseSchema, Peer } from '@shortlink/proto/peer.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SnapshotSource } from '../../ports/peers.ts';
import { RecordingHandler, TextSource } from '../../ports/testing/peers-contract.ts';
import { Pacer } from './pacer.ts';
import { GrpcFixture } from './testing/grpc-fixture.ts';
import { ManualTime } from './testing/manual-time.ts';
import { sendRawChunks } from './testing/raw-peer.ts';

let fixture: GrpcFixture;
let handler: RecordingHandler;
const servers: Server[] = [];
beforeEach(() => {
  fixture = new GrpcFixture();
  handler = new RecordingHandler();
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.forceShutdown();
  await fixture.dispose();
});

/** A node that sends at `bytesPerSecond` while time stands still, and one that receives. */
async function senderAndReceiver(bytesPerSecond: number) {
  const time = new ManualTime();
  const a = await fixture.addNode({
    nodeId: 'node-a',
    clusterId: 'c',
    handler: new RecordingHandler(),
    snapshotBytesPerSecond: bytesPerSecond,
    time,
  });
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler });
  a.peers.setPeers(new Map([['node-b', b.address]]));
  return { a, b, time };
}

/** Endless chunks; counts how many were asked for. */
class EndlessSource implements SnapshotSource {
  readonly header = utf8('endless');
  readonly outcomes: string[] = [];
  pulled = 0;
  readonly #chunk: Uint8Array;

  constructor(chunkBytes: number) {
    this.#chunk = new Uint8Array(chunkBytes);
  }

  next(): Uint8Array {
    this.pulled++;
    return this.#chunk;
  }

  close(outcome: 'finished' | 'failed'): void {
    this.outcomes.push(outcome);
  }
}

it('gives each reservation the time after those before it, and forgets unused time', () => {
  const time = new ManualTime();
  const pacer = new Pacer(time, 1000);
  expect([pacer.reserve(500), pacer.reserve(250), pacer.reserve(100)]).toEqual([0, 500, 750]);
  time.advance(800);
  expect(pacer.reserve(100)).toBe(50);
  time.advance(60_000);
  expect([pacer.reserve(2000), pacer.reserve(1)]).toEqual([0, 2000]);
});

it('sends no more than its rate allows, all snapshots together', async () => {
  const { a, time } = await senderAndReceiver(1000);
  const sources = [
    new TextSource('one', ['1'.repeat(500), '2'.repeat(500)]),
    new TextSource('two', ['3'.repeat(500), '4'.repeat(500)]),
  ];
  const chunks = () => handler.snapshotEvents.filter((event) => event.length === 500).length;
  for (const source of sources) a.peers.sendSnapshot('node-b', source);
  await fixture.until(() => chunks() === 1);
  for (const expected of [2, 3, 4]) {
    await fixture.aWhile();
    expect(chunks()).toBe(expected - 1);
    time.advance(500);
    await fixture.until(() => chunks() === expected);
  }
  await fixture.until(() => sources.every((source) => source.outcomes.length > 0));
  expect(sources.map((source) => source.outcomes)).toEqual([['finished'], ['finished']]);
});

it('reads from two sources at a time, lets sixteen more wait, and fails the rest', async () => {
  const { a, time } = await senderAndReceiver(1000);
  const sources = Array.from({ length: 20 }, () => new EndlessSource(1000));
  for (const source of sources.slice(0, 2)) a.peers.sendSnapshot('node-b', source);
  await fixture.until(() => sources.slice(0, 2).every((source) => source.pulled > 0));
  for (const source of sources.slice(2)) a.peers.sendSnapshot('node-b', source);
  await fixture.until(() => sources.slice(18).every((source) => source.outcomes.length > 0));
  expect(sources.map((source) => source.outcomes.join())).toEqual([...Array<string>(18).fill(''), 'failed', 'failed']);
  time.advance(5000);
  await fixture.aWhile();
  expect(sources.slice(2).map((source) => source.pulled)).toEqual(Array(18).fill(0));
  await a.peers.close();
  await fixture.until(() => sources.every((source) => source.outcomes.length > 0));
  expect(sources.every((source) => source.outcomes.join() === 'failed')).toBe(true);
  await fixture.until(() => handler.snapshotEvents.filter((event) => event === 'abort').length === 2);
  expect(handler.snapshotEvents).not.toContain('end');
});

it('has no more in flight than the network takes, and gives up on a receiver that takes nothing', async () => {
  const server = new Server();
  addService(server, Peer, {
    exchange: () => {},
    // Never reads.
    sendSnapshot: () => {},
    formation: (_call, done) => done(null, create(FormationResponseSchema)),
  });
  servers.push(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const { a, time } = await senderAndReceiver(1e15);
  a.peers.setPeers(new Map([['node-b', `127.0.0.1:${port}`]]));
  const source = new EndlessSource(limits.snapshotChunkMaxBytes);
  a.peers.sendSnapshot('node-b', source);
  await fixture.until(() => source.pulled > 0);
  await fixture.aWhile();
  const pulled = source.pulled;
  expect(pulled).toBeLessThan(10);
  await fixture.aWhile();
  expect(source.pulled).toBe(pulled);
  expect(source.outcomes).toEqual([]);
  time.advance(30_000);
  await fixture.until(() => source.outcomes.length > 0);
  expect(source.outcomes).toEqual(['failed']);
});

const header = { clusterId: 'c', fromNodeId: 'node-a', toNodeId: 'node-b', header: utf8('h') };
const first = { header, sequence: 0 };
const chunk = (sequence: number, text: string) => ({ sequence, data: utf8(text), crc32: crc32(utf8(text)) });

it.each([
  ['no header', [chunk(0, 'x')], 'no header', []],
  ['the header of another cluster', [{ header: { ...header, clusterId: 'd' } }], 'cluster d', []],
  ['the header for another node', [{ header: { ...header, toNodeId: 'node-x' } }], 'for node node-x', []],
  ['a missing chunk', [first, chunk(1, 'x'), chunk(3, 'z')], 'chunk 3 came where 2', ['node-a: h', 'x', 'abort']],
  ['a chunk twice', [first, chunk(1, 'x'), chunk(1, 'x')], 'chunk 1 came where 2', ['node-a: h', 'x', 'abort']],
  ['a damaged chunk', [first, { ...chunk(1, 'x'), crc32: 5 }], 'damaged', ['node-a: h', 'abort']],
  [
    'too large a chunk',
    [first, chunk(1, 'x'.repeat(limits.snapshotChunkMaxBytes + 1))],
    'bytes',
    ['node-a: h', 'abort'],
  ],
  ['no end', [first, chunk(1, 'x')], 'before the last', ['node-a: h', 'x', 'abort']],
])('refuses a snapshot with %s', async (_what, chunks, words, events) => {
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler });
  expect(await sendRawChunks(b.address, chunks)).toContain(words);
  expect(handler.snapshotEvents).toEqual(events);
});

it('refuses a snapshot while it is in no cluster', async () => {
  const b = await fixture.addNode({ nodeId: 'node-b', clusterId: undefined, handler });
  expect(await sendRawChunks(b.address, [{ header: { ...header, clusterId: '' } }])).toContain('snapshot of cluster');
  expect(handler.snapshotEvents).toEqual([]);
});
