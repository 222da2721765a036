// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { Server, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall, ServerDuplexStream, ServerReadableStream } from '@grpc/grpc-js';
import type { NodeId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import { serviceDefinition } from '@shortlink/proto/grpc-service.ts';
import { FormationResponseSchema, Peer } from '@shortlink/proto/peer.ts';
import type { FormationRequest, FormationResponse, SnapshotChunk, SnapshotDone } from '@shortlink/proto/peer.ts';
import type { Clock, Timers } from '../../ports/clock.ts';
import type { PeerFrame, PeerHandler, Peers, SnapshotSource } from '../../ports/peers.ts';
import type { Random } from '../../ports/random.ts';
import { Acceptor } from './acceptor.ts';
import { Channels, serverCredentials, serverOptions } from './channels.ts';
import { Dialer } from './dialer.ts';
import { exchangeMethod } from './exchange-call.ts';
import { FrameEncoder } from './frame-codec.ts';
import type { Self } from './hello.ts';
import { LinkTable } from './link-table.ts';
import { Pacer } from './pacer.ts';
import type { PeerCertificates } from './peer-certificates.ts';
import type { PeerLink } from './peer-link.ts';
import type { PeersObserver } from './peers-observer.ts';
import { Questions } from './questions.ts';
import { widenServerWindows } from './server-window.ts';
import { SnapshotReceiver } from './snapshot-receiver.ts';
import { SnapshotSender } from './snapshot-sender.ts';

/** Calls that are being answered get this long when the node stops. */
const shutdownGraceMs = 500;
/** More than a few passes do not help: then the peer's window is full. */
const flushMaxPasses = 4;

export interface GrpcPeersOptions {
  readonly self: Self;
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** Mutual TLS with every peer; undefined: plain text. */
  readonly tls?: PeerCertificates | undefined;
  /** For all snapshots that this node sends together. */
  readonly snapshotBytesPerSecond: number;
  /** Bytes that may wait for one peer before Raft's messages to it are dropped. */
  readonly queueMaxBytes: number;
  readonly handler: PeerHandler;
  readonly observer: PeersObserver;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

export interface GrpcPeers {
  readonly peers: Peers;
  /** Listens and begins to dial. @returns the bound port. Rejects when the address cannot be had. */
  start(): Promise<number>;
}

export function createGrpcPeers(options: GrpcPeersOptions): GrpcPeers {
  const peers = new GrpcTransport(options);
  return { peers, start: () => peers.start() };
}

class GrpcTransport implements Peers {
  readonly #options: GrpcPeersOptions;
  readonly #channels: Channels;
  readonly #links: LinkTable;
  readonly #encoder = new FrameEncoder(limits.peerFrameMaxBytes);
  readonly #dialers = new Map<NodeId, Dialer>();
  readonly #snapshots: SnapshotSender;
  readonly #questions: Questions;
  readonly #server = new Server(serverOptions);
  readonly #unflushed = new Set<PeerLink>();
  #addresses: ReadonlyMap<NodeId, string> = new Map();
  #started = false;
  #stopWidening: () => void = () => {};
  #closed = false;

  constructor(options: GrpcPeersOptions) {
    this.#options = options;
    const { self, timers, observer, clock, handler } = options;
    this.#channels = new Channels(options.tls);
    this.#links = new LinkTable(handler, observer);
    this.#questions = new Questions(this.#channels, timers);
    this.#snapshots = new SnapshotSender({
      self,
      channels: this.#channels,
      addressOf: (node) => this.#addresses.get(node),
      pacer: new Pacer(clock, options.snapshotBytesPerSecond),
      timers,
      observer,
    });
    const acceptor = new Acceptor({ self, links: this.#links, timers, observer });
    const receiver = new SnapshotReceiver({ self, handler, timers, observer });
    this.#server.addService(
      { ...serviceDefinition(Peer), exchange: exchangeMethod },
      {
        exchange: (call: ServerDuplexStream<Buffer, Buffer>) => acceptor.accept(call),
        sendSnapshot: (call: ServerReadableStream<SnapshotChunk, SnapshotDone>, done: sendUnaryData<SnapshotDone>) =>
          receiver.receive(call, done),
        formation: (
          call: ServerUnaryCall<FormationRequest, FormationResponse>,
          done: sendUnaryData<FormationResponse>,
        ) => void answerQuestion(handler, call.request.payload, done),
      },
    );
  }

  async start(): Promise<number> {
    const { listen, tls } = this.#options;
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(listen, serverCredentials(tls), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    this.#started = true;
    this.#stopWidening = widenServerWindows();
    this.#dialPeers();
    return port;
  }

  setPeers(addressesByNode: ReadonlyMap<NodeId, string>): void {
    this.#addresses = new Map(addressesByNode);
    this.#dialPeers();
  }

  #dialPeers(): void {
    if (!this.#started || this.#closed) return;
    const { self, timers, random, observer } = this.#options;
    for (const [node, dialer] of this.#dialers) {
      if (this.#addresses.get(node) === dialer.address) continue;
      this.#dialers.delete(node);
      dialer.stop();
    }
    for (const [peer, address] of this.#addresses) {
      // One stream a pair: the side with the smaller id dials.
      if (peer <= self.nodeId || this.#dialers.has(peer)) continue;
      const shared = { self, channels: this.#channels, links: this.#links, timers, random, observer };
      this.#dialers.set(peer, new Dialer({ ...shared, peer, address }));
    }
  }

  send(to: NodeId, frame: PeerFrame): void {
    const link = this.#links.get(to);
    const { queueMaxBytes, observer } = this.#options;
    if (link === undefined || link.pendingBytes > 2 * queueMaxBytes) {
      observer.count('frameDropped');
      return;
    }
    const congested = link.pendingBytes > queueMaxBytes;
    // Raft sends again what was lost; a lost reply costs its caller the whole time-out.
    if (congested && frame.raft.length > 0) observer.count('frameDropped');
    const { parts, tooLarge } = this.#encoder.encode(congested ? { ...frame, raft: [] } : frame);
    if (tooLarge > 0) {
      observer.count('frameDropped');
      observer.log('error', 'dropped messages that are larger than a frame may be', { peer: to, messages: tooLarge });
    }
    for (const part of parts) link.write(part);
    this.#unflushed.add(link);
  }

  flush(): Promise<void> | undefined {
    if (this.#unflushed.size === 0) return undefined;
    let passes = 0;
    for (const link of this.#unflushed) passes = Math.max(passes, link.takeUnflushed());
    this.#unflushed.clear();
    return passEventLoop(Math.min(passes, flushMaxPasses));
  }

  sendSnapshot(to: NodeId, source: SnapshotSource): void {
    this.#snapshots.send(to, source);
  }

  isConnected(to: NodeId): boolean {
    return this.#links.get(to) !== undefined;
  }

  ask(address: string, question: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return this.#questions.ask(address, question, timeoutMs);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#links.close();
    for (const dialer of this.#dialers.values()) dialer.stop();
    this.#dialers.clear();
    this.#snapshots.close();
    this.#questions.close();
    this.#stopWidening();
    await new Promise<void>((resolve) => {
      const cancel = this.#options.timers.after(shutdownGraceMs, () => {
        this.#server.forceShutdown();
        resolve();
      });
      this.#server.tryShutdown(() => {
        cancel();
        resolve();
      });
    });
  }
}

/**
 * One pass of the event loop hands a message to the operating system. A stream has one write under way, so each further
 * message of the turn takes another pass.
 */
async function passEventLoop(passes: number): Promise<void> {
  for (let pass = 0; pass < passes; pass++) await new Promise((resolve) => setImmediate(resolve));
}

async function answerQuestion(
  handler: PeerHandler,
  question: Uint8Array,
  done: sendUnaryData<FormationResponse>,
): Promise<void> {
  try {
    done(null, create(FormationResponseSchema, { payload: await handler.onQuestion(question) }));
  } catch (error) {
    done({ code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) });
  }
}
