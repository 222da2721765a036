// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { NodeId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { PeerFrame, PeerHandler, Peers, SnapshotSink, SnapshotSource } from '../../ports/peers.ts';

/** Nodes of one test, connected without a network: frames arrive at the next turn of the queue, unless a node is cut off. */
export class DirectNetwork {
  readonly #nodes = new Map<NodeId, PeerHandler>();
  readonly #addresses = new Map<string, PeerHandler>();
  readonly #cut = new Set<NodeId>();
  readonly #queue: (() => void)[] = [];

  attach(node: NodeId, address: string, handler: PeerHandler): void {
    this.#nodes.set(node, handler);
    this.#addresses.set(address, handler);
  }

  /** The node's process is gone: nobody is connected to it. */
  detach(node: NodeId): void {
    const handler = this.#nodes.get(node);
    this.#nodes.delete(node);
    for (const [address, other] of this.#addresses) if (other === handler) this.#addresses.delete(address);
  }

  cut(node: NodeId): void {
    this.#cut.add(node);
  }

  heal(node: NodeId): void {
    this.#cut.delete(node);
  }

  /** Delivers what was sent so far. */
  deliver(): void {
    for (const run of this.#queue.splice(0)) run();
  }

  peersOf(self: () => NodeId): Peers {
    const reach = (to: NodeId): PeerHandler | undefined =>
      this.#cut.has(to) || this.#cut.has(self()) ? undefined : this.#nodes.get(to);
    return {
      setPeers: () => {},
      send: (to: NodeId, frame: PeerFrame) => {
        this.#queue.push(() => reach(to)?.onFrame(self(), frame));
      },
      flush: () => undefined,
      sendSnapshot: (to: NodeId, source: SnapshotSource) => {
        this.#queue.push(() => this.#copy(reach(to), self(), source));
      },
      isConnected: (to) => reach(to) !== undefined,
      ask: async (address, question) => {
        const handler = this.#addresses.get(address);
        if (handler === undefined) throw new Error(`nobody listens at ${address}`);
        return handler.onQuestion(question);
      },
      close: async () => {},
    };
  }

  #copy(to: PeerHandler | undefined, from: NodeId, source: SnapshotSource): void {
    let sink: SnapshotSink | undefined;
    try {
      if (to === undefined) throw new Error('cut off');
      sink = to.onSnapshot(from, source.header);
      for (let chunk = source.next(); chunk !== undefined; chunk = source.next()) {
        assert(chunk.length <= limits.snapshotChunkMaxBytes, `a chunk of ${chunk.length} bytes`);
        sink.chunk(chunk);
      }
      sink.end();
      source.close('finished');
    } catch {
      // Either end may be the one that has failed.
      attempt(() => sink?.abort());
      attempt(() => source.close('failed'));
    }
  }
}

function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // A process that is gone.
  }
}
