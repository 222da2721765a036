// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { PeerHandler } from '../../ports/peers.ts';
import { decodeFrame } from './frame-codec.ts';
import type { PeerLink } from './peer-link.ts';
import type { PeersObserver } from './peers-observer.ts';

/** The live streams, at most one a peer, whichever side dialled; the handler hears of frames and ends. */
export class LinkTable {
  readonly #handler: PeerHandler;
  readonly #observer: PeersObserver;
  readonly #links = new Map<NodeId, PeerLink>();
  #closed = false;

  constructor(handler: PeerHandler, observer: PeersObserver) {
    this.#handler = handler;
    this.#observer = observer;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get(peer: NodeId): PeerLink | undefined {
    return this.#links.get(peer);
  }

  /** A stream whose hellos are exchanged. The newest wins: an older one of the same peer is a leftover that has not noticed yet. */
  up(link: PeerLink): void {
    if (this.#closed) {
      link.close('the node is shutting down');
      return;
    }
    this.#links.get(link.peer)?.close('a newer stream took the place of this one');
    this.#links.set(link.peer, link);
    this.#observer.log('info', 'connected to a peer', { peer: link.peer });
  }

  received(link: PeerLink, bytes: Buffer): void {
    // What a replaced stream still holds would arrive out of order.
    if (this.#links.get(link.peer) !== link) return;
    // A plain array: the methods of Buffer differ from those that its readers expect (slice).
    const frame = decodeFrame(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    if ('fault' in frame) {
      this.#observer.count('frameDropped');
      this.#observer.log('warn', 'dropped what a peer sent', { peer: link.peer, fault: frame.fault });
      return;
    }
    this.#handler.onFrame(link.peer, frame);
  }

  down(link: PeerLink): void {
    link.ended();
    if (this.#links.get(link.peer) !== link) return;
    this.#links.delete(link.peer);
    if (this.#closed) return;
    this.#observer.log('info', 'lost the stream to a peer', { peer: link.peer });
    this.#handler.onDisconnect(link.peer);
  }

  close(): void {
    this.#closed = true;
    for (const link of [...this.#links.values()]) link.close('the node is shutting down');
    this.#links.clear();
  }
}
