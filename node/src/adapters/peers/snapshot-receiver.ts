// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import { limits } from '@shortlink/common/limits.ts';
import { SnapshotDoneSchema } from '@shortlink/proto/peer.ts';
import type { SnapshotChunk, SnapshotDone } from '@shortlink/proto/peer.ts';
import type { CancelTimer, Timers } from '../../ports/clock.ts';
import type { PeerHandler, SnapshotSink } from '../../ports/peers.ts';
import type { Self } from './hello.ts';
import type { PeersObserver } from './peers-observer.ts';

/** Longer than a sender waits, whose slowest rate still sends a chunk in this time. */
const stallTimeoutMs = 120_000;
const maxReceiving = 8;

export interface SnapshotReceiverOptions {
  readonly self: Self;
  readonly handler: PeerHandler;
  readonly timers: Timers;
  readonly observer: PeersObserver;
}

type Done = sendUnaryData<SnapshotDone>;

export class SnapshotReceiver {
  readonly #options: SnapshotReceiverOptions;
  #receiving = 0;

  constructor(options: SnapshotReceiverOptions) {
    this.#options = options;
  }

  /** The handler of SendSnapshot. */
  receive(call: ServerReadableStream<SnapshotChunk, SnapshotDone>, done: Done): void {
    if (this.#receiving >= maxReceiving) {
      done({ code: status.RESOURCE_EXHAUSTED, details: `${maxReceiving} snapshots are arriving already` });
      return;
    }
    this.#receiving++;
    const arrival = new Arrival(this.#options, done, () => this.#receiving--);
    call.on('data', (chunk: SnapshotChunk) => arrival.chunk(chunk));
    call.on('end', () => arrival.refuse('the stream ended before the last chunk'));
    for (const event of ['cancelled', 'error', 'close']) call.on(event, () => arrival.refuse('the stream broke'));
  }
}

class Arrival {
  readonly #options: SnapshotReceiverOptions;
  readonly #done: Done;
  readonly #released: () => void;
  #cancelTimer: CancelTimer = () => {};
  #sink: SnapshotSink | undefined;
  #nextSequence = 0;
  #over = false;

  constructor(options: SnapshotReceiverOptions, done: Done, released: () => void) {
    this.#options = options;
    this.#done = done;
    this.#released = released;
    this.#expectMore();
  }

  chunk(chunk: SnapshotChunk): void {
    if (this.#over) return;
    this.#expectMore();
    try {
      const fault = this.#take(chunk);
      if (fault !== undefined) this.refuse(fault);
      else if (chunk.last) this.#accept();
    } catch (error) {
      this.refuse(error instanceof Error ? error.message : String(error));
    }
  }

  refuse(why: string): void {
    if (this.#over) return;
    this.#finish();
    this.#options.observer.log('warn', 'an arriving snapshot was refused', { why });
    this.#sink?.abort();
    this.#done({ code: status.FAILED_PRECONDITION, details: why });
  }

  #accept(): void {
    this.#finish();
    // Not in the reach of `refuse`: the sink has been ended, and must not be aborted as well.
    this.#sink?.end();
    this.#done(null, create(SnapshotDoneSchema, { accepted: true }));
  }

  #take(chunk: SnapshotChunk): string | undefined {
    if (chunk.sequence !== this.#nextSequence)
      return `chunk ${chunk.sequence} came where ${this.#nextSequence} belongs`;
    this.#nextSequence++;
    if (this.#sink === undefined) return this.#open(chunk);
    if (chunk.data.length > limits.snapshotChunkMaxBytes) return `a chunk of ${chunk.data.length} bytes`;
    if (crc32(chunk.data) !== chunk.crc32) return `chunk ${chunk.sequence} is damaged`;
    if (chunk.data.length > 0) this.#sink.chunk(chunk.data);
    return undefined;
  }

  #open({ header }: SnapshotChunk): string | undefined {
    const { self, handler } = this.#options;
    if (header === undefined) return 'the first chunk has no header';
    if (header.clusterId === '' || header.clusterId !== self.clusterId())
      return `a snapshot of cluster ${header.clusterId}`;
    if (header.toNodeId !== self.nodeId) return `a snapshot for node ${header.toNodeId} came to node ${self.nodeId}`;
    this.#sink = handler.onSnapshot(header.fromNodeId, header.header);
    return undefined;
  }

  #expectMore(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.timers.after(stallTimeoutMs, () => this.refuse('no chunk came for too long'));
  }

  #finish(): void {
    this.#over = true;
    this.#cancelTimer();
    this.#released();
  }
}
