// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { create } from '@bufbuild/protobuf';
import type { ClientWritableStream } from '@grpc/grpc-js';
import { assert } from '@shortlink/common/assert.ts';
import type { NodeId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import { Peer, SnapshotChunkSchema } from '@shortlink/proto/peer.ts';
import type { SnapshotChunk } from '@shortlink/proto/peer.ts';
import type { CancelTimer, Timers } from '../../ports/clock.ts';
import type { SnapshotSource } from '../../ports/peers.ts';
import type { Channels } from './channels.ts';
import type { Self } from './hello.ts';
import type { Pacer } from './pacer.ts';
import type { PeersObserver } from './peers-observer.ts';

/** A peer that takes nothing for this long is not worth an open source. */
const stallTimeoutMs = 30_000;
const maxSending = 2;
const maxWaiting = 16;

export interface SnapshotSenderOptions {
  readonly self: Self;
  readonly channels: Channels;
  readonly addressOf: (node: NodeId) => string | undefined;
  readonly pacer: Pacer;
  readonly timers: Timers;
  readonly observer: PeersObserver;
}

interface Job {
  readonly to: NodeId;
  readonly source: SnapshotSource;
}

/** Sends snapshots, a few at a time, each on a connection of its own so that Raft's messages never wait behind one. */
export class SnapshotSender {
  readonly #options: SnapshotSenderOptions;
  readonly #waiting: Job[] = [];
  readonly #cancels = new Set<() => void>();
  #sending = 0;
  #closed = false;

  constructor(options: SnapshotSenderOptions) {
    this.#options = options;
  }

  /** The source is closed later, never during the call. */
  send(to: NodeId, source: SnapshotSource): void {
    if (this.#closed || this.#waiting.length >= maxWaiting) {
      const why = this.#closed ? 'the node is shutting down' : `${maxWaiting} snapshots wait already`;
      queueMicrotask(() => this.#finish({ to, source }, why));
      return;
    }
    this.#waiting.push({ to, source });
    queueMicrotask(() => this.#startNext());
  }

  close(): void {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) this.#finish(job, 'the node is shutting down');
    for (const cancel of this.#cancels) cancel();
  }

  #startNext(): void {
    while (this.#sending < maxSending) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#sending++;
      void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    let failure: string | undefined;
    try {
      await this.#transfer(job);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    this.#sending--;
    this.#finish(job, failure);
    this.#startNext();
  }

  #finish({ to, source }: Job, failure: string | undefined): void {
    if (failure !== undefined)
      this.#options.observer.log('warn', 'a snapshot was not delivered', { peer: to, failure });
    source.close(failure === undefined ? 'finished' : 'failed');
  }

  async #transfer({ to, source }: Job): Promise<void> {
    const { self, channels, addressOf, timers } = this.#options;
    const address = addressOf(to);
    const clusterId = self.clusterId();
    if (address === undefined || clusterId === undefined) throw new Error(`no address of node ${to} is known`);
    const client = channels.open(address);
    const { call, response } = serviceClient(Peer, client).sendSnapshot();
    // How the call ended is in its response; a write after that is an error of the stream, too.
    call.on('error', () => {});
    const cancel = (): void => call.cancel();
    this.#cancels.add(cancel);
    const stall = new StallGuard(timers, cancel);
    const answered = response.then((done) => {
      if (!done.accepted) throw new Error(done.message);
    });
    try {
      const header = { clusterId, fromNodeId: self.nodeId, toNodeId: to, header: source.header };
      await Promise.race([
        answered.then(endedEarly),
        this.#feed(call, source, create(SnapshotChunkSchema, { header }), stall),
      ]);
      stall.progress();
      await answered;
    } finally {
      stall.stop();
      this.#cancels.delete(cancel);
      call.cancel();
      client.close();
      // Whoever lost the race above may still reject.
      answered.catch(() => {});
    }
  }

  /** Resolves when the last chunk is written; never, when the call ends before. */
  async #feed(
    call: ClientWritableStream<SnapshotChunk>,
    source: SnapshotSource,
    first: SnapshotChunk,
    stall: StallGuard,
  ): Promise<void> {
    const { pacer } = this.#options;
    await write(call, first, stall);
    for (let sequence = 1; ; sequence++) {
      const data = source.next();
      if (data === undefined) {
        await write(call, create(SnapshotChunkSchema, { sequence, last: true }), stall);
        call.end();
        return;
      }
      assert(data.length <= limits.snapshotChunkMaxBytes, `a chunk of ${data.length} bytes`);
      const delayMs = pacer.reserve(data.length);
      // Timers are not finer than this; what is left over is in the next reservation.
      if (delayMs >= 1) await stall.sleep(delayMs);
      await write(call, create(SnapshotChunkSchema, { sequence, data, crc32: crc32(data) }), stall);
    }
  }
}

function endedEarly(): never {
  throw new Error('the peer accepted the snapshot before its end');
}

/** One chunk in flight at a time: the next is read only when the peer's window had room for this one. */
async function write(
  call: ClientWritableStream<SnapshotChunk>,
  chunk: SnapshotChunk,
  stall: StallGuard,
): Promise<void> {
  stall.progress();
  await new Promise<void>((resolve, reject) => {
    call.write(chunk, (error: Error | null | undefined) => (error ? reject(error) : resolve()));
  });
  stall.pause();
}

/** Gives up when nothing moves while it is on. */
class StallGuard {
  readonly #timers: Timers;
  readonly #giveUp: () => void;
  #cancelTimer: CancelTimer = () => {};
  #stopped = false;

  constructor(timers: Timers, giveUp: () => void) {
    this.#timers = timers;
    this.#giveUp = giveUp;
  }

  progress(): void {
    this.#cancelTimer();
    if (!this.#stopped) this.#cancelTimer = this.#timers.after(stallTimeoutMs, this.#giveUp);
  }

  pause(): void {
    this.#cancelTimer();
  }

  /** Time in which nothing is meant to move. Never resolves when it is stopped meanwhile. */
  async sleep(delayMs: number): Promise<void> {
    this.#cancelTimer();
    await new Promise<void>((resolve) => {
      if (!this.#stopped) this.#cancelTimer = this.#timers.after(delayMs, resolve);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }
}
