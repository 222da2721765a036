// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import type { NodeId } from '@shortlink/common/ids.ts';
import { newMessage } from '../../core/raft/message.ts';
import type { Message } from '../../core/raft/types.ts';
import type { PeerFrame, PeerHandler, Peers, SnapshotSource } from '../peers.ts';

export interface ContractNode {
  readonly peers: Peers;
  /** Where others reach it. */
  readonly address: string;
  /** Ends the node without a goodbye, as far as the transport can. */
  crash(): Promise<void>;
}

export interface PeersFixture {
  /** A node that listens. With an `address` it takes the place of a crashed one. */
  addNode(options: {
    readonly nodeId: NodeId;
    readonly clusterId: string | undefined;
    readonly handler: PeerHandler;
    readonly address?: string | undefined;
  }): Promise<ContractNode>;
  /** Lets time pass until the condition holds. Rejects when it does not come to hold. */
  until(condition: () => boolean): Promise<void>;
  /** Lets time pass in which connections would be made and messages would arrive. */
  aWhile(): Promise<void>;
  /** Ends every node. */
  dispose(): Promise<void>;
}

/** A handler that remembers, and answers questions with what it was asked. */
export class RecordingHandler implements PeerHandler {
  readonly frames: { readonly from: NodeId; readonly frame: PeerFrame }[] = [];
  readonly disconnects: NodeId[] = [];
  /** What happened to arriving snapshots, in order. */
  readonly snapshotEvents: string[] = [];
  /** Set to refuse: by the header, or by a chunk's text. */
  refuseHeader: string | undefined;
  refuseChunk: string | undefined;

  onFrame(from: NodeId, frame: PeerFrame): void {
    this.frames.push({ from, frame });
  }

  onDisconnect(from: NodeId): void {
    this.disconnects.push(from);
  }

  onSnapshot(from: NodeId, header: Uint8Array) {
    if (fromUtf8(header) === this.refuseHeader) throw new Error('this snapshot is not wanted');
    this.snapshotEvents.push(`${from}: ${fromUtf8(header)}`);
    return {
      chunk: (bytes: Uint8Array) => {
        if (fromUtf8(bytes) === this.refuseChunk) throw new Error('this chunk is not wanted');
        this.snapshotEvents.push(fromUtf8(bytes));
      },
      end: () => void this.snapshotEvents.push('end'),
      abort: () => void this.snapshotEvents.push('abort'),
    };
  }

  async onQuestion(question: Uint8Array): Promise<Uint8Array> {
    const text = fromUtf8(question);
    if (text === 'fail') throw new Error('no answer to that');
    if (text === 'be silent') return new Promise<Uint8Array>(() => {});
    return utf8(`answer to ${text}`);
  }

  /** Raft messages in the order of their arrival. */
  messages(): Message[] {
    return this.frames.flatMap(({ frame }) => frame.raft.map(({ message }) => message));
  }
}

export function frameOf(part: Partial<PeerFrame>): PeerFrame {
  return { raft: [], requests: [], replies: [], clockMs: 0, mapEpoch: 0, ...part };
}

/** An append of one entry, from replica 1 to 2. */
export function appendOf(index: number, data: Uint8Array = new Uint8Array(0)): Message {
  const message = newMessage('MsgApp', 2);
  message.from = 1;
  message.term = 1;
  message.index = index - 1;
  message.entries = [{ term: 1, index, type: 'normal', data }];
  return message;
}

/** Hands out texts, and remembers how it was closed. A text `throw` throws. */
export class TextSource implements SnapshotSource {
  readonly header: Uint8Array;
  readonly outcomes: string[] = [];
  readonly #texts: string[];

  constructor(header: string, texts: readonly string[]) {
    this.header = utf8(header);
    this.#texts = [...texts];
  }

  next(): Uint8Array | undefined {
    const text = this.#texts.shift();
    if (text === 'throw') throw new Error('the store cannot be read');
    return text === undefined ? undefined : utf8(text);
  }

  close(outcome: 'finished' | 'failed'): void {
    this.outcomes.push(outcome);
  }
}

const cluster = 'cluster-1';

class World {
  readonly fixture: PeersFixture;
  readonly handlers = { a: new RecordingHandler(), b: new RecordingHandler() };

  constructor(fixture: PeersFixture) {
    this.fixture = fixture;
  }

  /** Two nodes of one cluster that know each other and are connected. */
  async pair(): Promise<{ a: ContractNode; b: ContractNode }> {
    const a = await this.fixture.addNode({ nodeId: 'node-a', clusterId: cluster, handler: this.handlers.a });
    const b = await this.fixture.addNode({ nodeId: 'node-b', clusterId: cluster, handler: this.handlers.b });
    a.peers.setPeers(new Map([['node-b', b.address]]));
    b.peers.setPeers(new Map([['node-a', a.address]]));
    await this.fixture.until(() => a.peers.isConnected('node-b') && b.peers.isConnected('node-a'));
    return { a, b };
  }
}

/** What every transport between nodes promises. Registers tests; `fixture` makes an empty network for each. */
export function describePeersContract(name: string, fixture: () => Promise<PeersFixture>): void {
  describe(`${name} keeps the contract of Peers`, () => {
    let world: World;
    beforeEach(async () => {
      world = new World(await fixture());
    });
    afterEach(async () => {
      await world.fixture.dispose();
    });
    describeFrames(() => world);
    describeConnections(() => world);
    describeSnapshots(() => world);
    describeQuestions(() => world);
  });
}

function describeFrames(world: () => World): void {
  it('delivers frames whole and in the order in which they were sent, in both directions', async () => {
    const { fixture, handlers } = world();
    const { a, b } = await world().pair();
    const count = 200;
    for (let index = 1; index <= count; index++) {
      a.peers.send(
        'node-b',
        frameOf({ raft: [{ shard: 1, message: appendOf(index, utf8(`entry ${index}`)) }], mapEpoch: index }),
      );
      b.peers.send('node-a', frameOf({ raft: [{ shard: 1, message: appendOf(index) }] }));
    }
    await fixture.until(() => handlers.a.messages().length === count && handlers.b.messages().length === count);
    const expected = Array.from({ length: count }, (_, i) => i + 1);
    expect(handlers.b.messages().map((message) => message.entries[0]?.index)).toEqual(expected);
    expect(handlers.a.messages().map((message) => message.entries[0]?.index)).toEqual(expected);
    expect(handlers.b.messages().map((message) => fromUtf8(message.entries[0]?.data ?? new Uint8Array(0)))).toEqual(
      expected.map((index) => `entry ${index}`),
    );
    expect(handlers.b.frames.every(({ from }) => from === 'node-a')).toBe(true);
  });

  it('carries requests, replies, the clock and the epoch of the map', async () => {
    const { fixture, handlers } = world();
    const { a } = await world().pair();
    const request = { id: 7, hops: 1, shard: 3, kind: 'write', timeoutMs: 250, payload: utf8('do it') } as const;
    const reply = { id: 8, status: 'refused', payload: utf8('no') } as const;
    a.peers.send(
      'node-b',
      frameOf({ requests: [request], replies: [reply], clockMs: 1_700_000_000_123, mapEpoch: 42 }),
    );
    await fixture.until(() => handlers.b.frames.length === 1);
    const frame = handlers.b.frames[0]?.frame;
    expect(frame).toEqual(frameOf({ requests: [request], replies: [reply], clockMs: 1_700_000_000_123, mapEpoch: 42 }));
  });

  it('drops what is for a node that is not connected, without a throw', async () => {
    const { a } = await world().pair();
    expect(() => a.peers.send('node-x', frameOf({ mapEpoch: 1 }))).not.toThrow();
    expect(a.peers.isConnected('node-x')).toBe(false);
  });

  it('has something to flush only after something was sent', async () => {
    const { fixture, handlers } = world();
    const { a } = await world().pair();
    await a.peers.flush();
    expect(a.peers.flush()).toBeUndefined();
    a.peers.send('node-b', frameOf({ mapEpoch: 1 }));
    await a.peers.flush();
    expect(a.peers.flush()).toBeUndefined();
    await fixture.until(() => handlers.b.frames.length === 1);
  });
}

function describeConnections(world: () => World): void {
  it('tells of a peer that went away, and connects again when it is back', async () => {
    const { fixture, handlers } = world();
    const { a, b } = await world().pair();
    await b.crash();
    await fixture.until(() => handlers.a.disconnects.length === 1);
    expect(handlers.a.disconnects).toEqual(['node-b']);
    expect(a.peers.isConnected('node-b')).toBe(false);
    const back = new RecordingHandler();
    const again = await fixture.addNode({ nodeId: 'node-b', clusterId: cluster, handler: back, address: b.address });
    again.peers.setPeers(new Map([['node-a', a.address]]));
    await fixture.until(() => a.peers.isConnected('node-b') && again.peers.isConnected('node-a'));
    a.peers.send('node-b', frameOf({ mapEpoch: 5 }));
    await fixture.until(() => back.frames.length === 1);
  });

  it('follows a peer to another address', async () => {
    const { fixture } = world();
    const { a, b } = await world().pair();
    await b.crash();
    const moved = await fixture.addNode({ nodeId: 'node-b', clusterId: cluster, handler: world().handlers.b });
    moved.peers.setPeers(new Map([['node-a', a.address]]));
    a.peers.setPeers(new Map([['node-b', moved.address]]));
    await fixture.until(() => a.peers.isConnected('node-b') && moved.peers.isConnected('node-a'));
  });

  it('accepts a member that it has not been told of', async () => {
    const { fixture, handlers } = world();
    const a = await fixture.addNode({ nodeId: 'node-a', clusterId: cluster, handler: handlers.a });
    const b = await fixture.addNode({ nodeId: 'node-b', clusterId: cluster, handler: handlers.b });
    a.peers.setPeers(new Map([['node-b', b.address]]));
    await fixture.until(() => b.peers.isConnected('node-a'));
    b.peers.send('node-a', frameOf({ mapEpoch: 9 }));
    await fixture.until(() => handlers.a.frames.length === 1);
  });

  it('never connects nodes of different clusters, nor one that belongs to none', async () => {
    const { fixture, handlers } = world();
    const a = await fixture.addNode({ nodeId: 'node-a', clusterId: cluster, handler: handlers.a });
    const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'cluster-2', handler: handlers.b });
    const c = await fixture.addNode({ nodeId: 'node-c', clusterId: undefined, handler: new RecordingHandler() });
    const addresses = new Map([a, b, c].map((node, i) => [`node-${'abc'[i]}`, node.address]));
    for (const node of [a, b, c]) node.peers.setPeers(addresses);
    await fixture.aWhile();
    for (const node of [a, b, c]) {
      for (const id of addresses.keys()) expect(node.peers.isConnected(id)).toBe(false);
    }
  });

  it('is silent after it was closed', async () => {
    const { fixture, handlers } = world();
    const { a, b } = await world().pair();
    await a.peers.close();
    await fixture.until(() => handlers.b.disconnects.length === 1);
    const source = new TextSource('too late', []);
    a.peers.send('node-b', frameOf({ mapEpoch: 1 }));
    a.peers.sendSnapshot('node-b', source);
    await fixture.until(() => source.outcomes.length === 1);
    expect(source.outcomes).toEqual(['failed']);
    await expect(a.peers.ask(b.address, utf8('anything'), 1000)).rejects.toThrow();
    expect(handlers.a.disconnects).toEqual([]);
    await a.peers.close();
  });
}

function describeSnapshots(world: () => World): void {
  async function send(source: TextSource, to = 'node-b'): Promise<void> {
    const { a } = await world().pair();
    a.peers.sendSnapshot(to, source);
    expect(source.outcomes).toEqual([]);
    await world().fixture.until(() => source.outcomes.length > 0);
    await world().fixture.aWhile();
  }

  it('delivers a snapshot chunk by chunk and closes the source once', async () => {
    const source = new TextSource('header', ['one', 'two', 'three']);
    await send(source);
    expect(world().handlers.b.snapshotEvents).toEqual(['node-a: header', 'one', 'two', 'three', 'end']);
    expect(source.outcomes).toEqual(['finished']);
  });

  it('delivers a snapshot without chunks', async () => {
    const source = new TextSource('header', []);
    await send(source);
    expect(world().handlers.b.snapshotEvents).toEqual(['node-a: header', 'end']);
    expect(source.outcomes).toEqual(['finished']);
  });

  it('fails when the receiver does not want the snapshot', async () => {
    world().handlers.b.refuseHeader = 'header';
    const source = new TextSource('header', ['one']);
    await send(source);
    expect(world().handlers.b.snapshotEvents).toEqual([]);
    expect(source.outcomes).toEqual(['failed']);
  });

  it('fails when the receiver refuses a chunk, and aborts there once', async () => {
    world().handlers.b.refuseChunk = 'two';
    const source = new TextSource('header', ['one', 'two', 'three']);
    await send(source);
    expect(world().handlers.b.snapshotEvents).toEqual(['node-a: header', 'one', 'abort']);
    expect(source.outcomes).toEqual(['failed']);
  });

  it('fails when the source cannot go on, and never ends at the receiver', async () => {
    const source = new TextSource('header', ['one', 'throw', 'three']);
    await send(source);
    expect(source.outcomes).toEqual(['failed']);
    // The receiver may not even have heard of it; when it has, it aborted, after what did arrive.
    const events = world().handlers.b.snapshotEvents;
    const arrived = events.slice(0, -1);
    expect(arrived).toEqual(['node-a: header', 'one'].slice(0, arrived.length));
    expect(events.at(-1) ?? 'abort').toBe('abort');
  });

  it('fails for a node whose address is not known', async () => {
    const source = new TextSource('header', ['one']);
    await send(source, 'node-x');
    expect(source.outcomes).toEqual(['failed']);
  });
}

function describeQuestions(world: () => World): void {
  it('answers questions before a cluster exists, from nodes that nobody knows', async () => {
    const { fixture, handlers } = world();
    const a = await fixture.addNode({ nodeId: 'node-a', clusterId: undefined, handler: handlers.a });
    const b = await fixture.addNode({ nodeId: 'node-b', clusterId: undefined, handler: handlers.b });
    const texts = await Promise.all(
      ['one', 'two'].map(async (text) => fromUtf8(await a.peers.ask(b.address, utf8(text), 10_000))),
    );
    expect(texts).toEqual(['answer to one', 'answer to two']);
  });

  it('rejects a question that fails, that is not answered in time, or that nobody hears', async () => {
    const { fixture } = world();
    const { a, b } = await world().pair();
    await expect(a.peers.ask(b.address, utf8('fail'), 10_000)).rejects.toThrow();
    await expect(a.peers.ask(b.address, utf8('be silent'), 50)).rejects.toThrow();
    await b.crash();
    await expect(a.peers.ask(b.address, utf8('anything'), 10_000)).rejects.toThrow();
    const again = await fixture.addNode({
      nodeId: 'node-b',
      clusterId: cluster,
      handler: new RecordingHandler(),
      address: b.address,
    });
    expect(fromUtf8(await a.peers.ask(again.address, utf8('three'), 10_000))).toBe('answer to three');
  });
}
