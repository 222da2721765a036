// SPDX-License-Identifier: Apache-2.0
import { status } from '@grpc/grpc-js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { NodeId } from '@shortlink/common/ids.ts';
import type { Timers } from '../../ports/clock.ts';
import { decodeHello, encodeHello, refusalOf } from './hello.ts';
import type { Self } from './hello.ts';
import type { LinkTable } from './link-table.ts';
import { PeerLink } from './peer-link.ts';
import type { PeersObserver } from './peers-observer.ts';

/** A stream that says nothing is not kept longer. */
const helloTimeoutMs = 3000;
/** Callers whose last refusal is remembered, so that it is logged once. */
const rememberedRefusals = 100;

export interface AcceptorOptions {
  readonly self: Self;
  readonly links: LinkTable;
  readonly timers: Timers;
  readonly observer: PeersObserver;
}

/** The other side of the dialer: takes the streams of peers with smaller node ids. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #refusalByCaller = new Map<string, string>();

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  /** The handler of Exchange. */
  accept(call: ServerDuplexStream<Buffer, Buffer>): void {
    const { links, timers } = this.#options;
    let link: PeerLink | undefined;
    let over = false;
    const cancelTimer = timers.after(helloTimeoutMs, () => refuse('no hello came'));
    const end = (): void => {
      cancelTimer();
      over = true;
      if (link !== undefined) links.down(link);
    };
    const hangUp = (reason: string): void => {
      end();
      call.emit('error', { code: status.UNAVAILABLE, details: reason });
    };
    const refuse = (reason: string): void => {
      end();
      call.emit('error', { code: status.FAILED_PRECONDITION, details: reason });
    };
    call.on('data', (bytes: Buffer) => {
      if (over) return;
      if (link !== undefined) {
        links.received(link, bytes);
        return;
      }
      cancelTimer();
      const outcome = this.#answer(call, bytes);
      if ('refusal' in outcome) {
        refuse(outcome.refusal);
        return;
      }
      link = new PeerLink(outcome.peer, call, hangUp);
      links.up(link);
    });
    call.on('end', () => {
      end();
      call.end();
    });
    for (const event of ['cancelled', 'error', 'close']) call.on(event, end);
  }

  #answer(call: ServerDuplexStream<Buffer, Buffer>, bytes: Buffer): { refusal: string } | { peer: NodeId } {
    const { self } = this.#options;
    const hello = decodeHello(bytes);
    const refusal = refusalOf(hello, self);
    const clusterId = self.clusterId();
    if (refusal !== undefined || hello === undefined || clusterId === undefined) {
      const caller = hello?.fromNodeId ?? call.getPeer();
      return { refusal: this.#noteRefusal(caller, refusal ?? 'refused') };
    }
    const peer = hello.fromNodeId;
    // Both dialling would make two streams that replace each other.
    if (peer > self.nodeId)
      return { refusal: this.#noteRefusal(peer, `node ${self.nodeId} dials node ${peer}, not the other way round`) };
    this.#refusalByCaller.delete(peer);
    call.write(encodeHello(clusterId, self.nodeId, peer));
    return { peer };
  }

  #noteRefusal(caller: string, refusal: string): string {
    if (this.#refusalByCaller.get(caller) === refusal) return refusal;
    if (this.#refusalByCaller.size >= rememberedRefusals) this.#refusalByCaller.clear();
    this.#refusalByCaller.set(caller, refusal);
    this.#options.observer.log('warn', 'refused a stream', { peer: caller, refusal });
    return refusal;
  }
}
