// SPDX-License-Identifier: Apache-2.0
import type { Client, ServiceError } from '@grpc/grpc-js';
import { Metadata } from '@grpc/grpc-js';
import type { NodeId } from '@shortlink/common/ids.ts';
import type { CancelTimer, Timers } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { Channels } from './channels.ts';
import { exchangeMethod } from './exchange-call.ts';
import { decodeHello, encodeHello, refusalOf } from './hello.ts';
import type { Self } from './hello.ts';
import type { LinkTable } from './link-table.ts';
import { PeerLink } from './peer-link.ts';
import type { PeersObserver } from './peers-observer.ts';

const minBackoffMs = 100;
const maxBackoffMs = 2000;
/** From the first packet to the peer's hello. */
const helloTimeoutMs = 3000;

export interface DialerOptions {
  readonly self: Self;
  readonly peer: NodeId;
  readonly address: string;
  readonly channels: Channels;
  readonly links: LinkTable;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: PeersObserver;
}

/** Keeps one stream to one peer at one address, for ever. */
export class Dialer {
  readonly address: string;
  readonly #options: DialerOptions;
  #backoffMs = minBackoffMs;
  #cancelTimer: CancelTimer = () => {};
  #hangUp: () => void = () => {};
  #stopped = false;
  #lastTrouble = '';

  constructor(options: DialerOptions) {
    this.#options = options;
    this.address = options.address;
    this.#dial();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#hangUp();
  }

  #dial(): void {
    const { self, peer, channels, timers } = this.#options;
    const clusterId = self.clusterId();
    if (clusterId === undefined) {
      this.#retry();
      return;
    }
    // A new channel for each attempt, because a channel keeps looking a name up at most every 30 s, and a peer that
    // moved has another address behind its name.
    const client = channels.open(this.address);
    const { path, requestSerialize, responseDeserialize } = exchangeMethod;
    const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
    const attempt = new Attempt(this.#options, client, {
      cancel: () => call.cancel(),
      ended: (trouble) => this.#ended(trouble),
      established: () => this.#established(),
    });
    this.#hangUp = () => attempt.hangUp();
    this.#cancelTimer = timers.after(helloTimeoutMs, () => attempt.over('no answer'));
    call.on('data', (bytes: Buffer) => attempt.received(bytes, call));
    call.on('error', (error: ServiceError) => attempt.over(error.details === '' ? error.message : error.details));
    call.on('end', () => attempt.over('the peer ended the stream'));
    call.write(encodeHello(clusterId, self.nodeId, peer));
  }

  #established(): void {
    this.#cancelTimer();
    this.#backoffMs = minBackoffMs;
    this.#lastTrouble = '';
  }

  #ended(trouble: string): void {
    if (this.#stopped || this.#options.links.closed) return;
    if (trouble !== this.#lastTrouble) {
      this.#lastTrouble = trouble;
      this.#options.observer.log('warn', 'no stream to a peer', {
        peer: this.#options.peer,
        address: this.address,
        trouble,
      });
    }
    this.#retry();
  }

  #retry(): void {
    const { timers, random } = this.#options;
    this.#cancelTimer();
    const delayMs = this.#backoffMs / 2 + random.int(Math.ceil(this.#backoffMs / 2) + 1);
    this.#backoffMs = Math.min(this.#backoffMs * 2, maxBackoffMs);
    this.#cancelTimer = timers.after(delayMs, () => this.#dial());
  }
}

interface AttemptEvents {
  readonly cancel: () => void;
  readonly established: () => void;
  readonly ended: (trouble: string) => void;
}

/** One call, from dialling to its end. */
class Attempt {
  readonly #options: DialerOptions;
  readonly #client: Client;
  readonly #events: AttemptEvents;
  #link: PeerLink | undefined;
  #over = false;

  constructor(options: DialerOptions, client: Client, events: AttemptEvents) {
    this.#options = options;
    this.#client = client;
    this.#events = events;
  }

  received(bytes: Buffer, stream: { write(part: Buffer, written: () => void): boolean }): void {
    if (this.#over) return;
    if (this.#link !== undefined) {
      this.#options.links.received(this.#link, bytes);
      return;
    }
    const { self, peer, links } = this.#options;
    const hello = decodeHello(bytes);
    const refusal = refusalOf(hello, self);
    if (refusal !== undefined || hello?.fromNodeId !== peer) {
      this.over(refusal ?? `the address of node ${peer} led to node ${hello?.fromNodeId}`);
      return;
    }
    this.#link = new PeerLink(peer, stream, (reason) => this.over(reason));
    this.#events.established();
    links.up(this.#link);
  }

  hangUp(): void {
    this.over('the address of the peer has changed');
  }

  /** The end, whoever brought it about; the first reason counts. */
  over(trouble: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.cancel();
    this.#client.close();
    if (this.#link !== undefined) this.#options.links.down(this.#link);
    this.#events.ended(trouble);
  }
}
