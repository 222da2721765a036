// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { PeerFrame, Peers, SnapshotSource } from '../src/ports/peers.ts';
import { askOverNetwork } from './network-question.ts';
import type { Endpoint, Network } from './network.ts';
import { SnapshotStream } from './snapshot-stream.ts';

/** How long a node waits before it tries again to open a stream. */
const reconnectUs = { least: 50_000, most: 800_000 };

/** The port between nodes over the fake network. */
export class SimPeers implements Peers {
  readonly #network: Network;
  readonly #self: () => Endpoint;
  #addressesByNode: ReadonlyMap<NodeId, string> = new Map();
  readonly #connecting = new Set<NodeId>();

  constructor(network: Network, self: () => Endpoint) {
    this.#network = network;
    this.#self = self;
  }

  setPeers(addressesByNode: ReadonlyMap<NodeId, string>): void {
    const before = this.#addressesByNode;
    this.#addressesByNode = new Map(addressesByNode);
    for (const [node, address] of before) {
      if (addressesByNode.get(node) !== address) this.#streamTo(node, address)?.break('drop');
    }
    for (const node of addressesByNode.keys()) this.#connectLater(node, 0);
  }

  send(to: NodeId, frame: PeerFrame): void {
    const self = this.#self();
    if (!self.isAlive) return;
    this.#network.options.onSend?.(self, frame);
    this.#stream(to)?.send(frame);
  }

  /** Now and then something else happens in the middle of a turn, between its early messages and its fsync. */
  flush(): Promise<void> | undefined {
    const { random, world } = this.#network;
    if (random.chance(0.5)) return undefined;
    return new Promise((resolve) => {
      world.after(random.int(1_500), resolve, this.#self());
    });
  }

  sendSnapshot(to: NodeId, source: SnapshotSource): void {
    const address = this.#addressesByNode.get(to);
    const target = address === undefined ? undefined : this.#network.endpointAt(address);
    if (target?.nodeId !== to) {
      this.#network.world.after(1_000, () => source.close('failed'), this.#self());
      return;
    }
    new SnapshotStream(this.#network, { from: this.#self(), to: target, source }).start();
  }

  isConnected(to: NodeId): boolean {
    return this.#stream(to) !== undefined;
  }

  async ask(address: string, question: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return askOverNetwork(this.#network, this.#self(), { address, question, timeoutMs });
  }

  async close(): Promise<void> {
    for (const [node, address] of this.#addressesByNode) this.#streamTo(node, address)?.break('drop');
    this.#addressesByNode = new Map();
    return Promise.resolve();
  }

  #stream(to: NodeId) {
    const address = this.#addressesByNode.get(to);
    return address === undefined ? undefined : this.#streamTo(to, address);
  }

  #streamTo(to: NodeId, address: string) {
    const stream = this.#network.stream(this.#self().address, address);
    return stream?.isOpen === true && stream.to.nodeId === to ? stream : undefined;
  }

  /** Keeps trying for as long as the node is a peer. */
  #connectLater(node: NodeId, delayUs: number): void {
    if (this.#connecting.has(node)) return;
    this.#connecting.add(node);
    const { world, random } = this.#network;
    const attempt = (): void => {
      const address = this.#addressesByNode.get(node);
      if (address === undefined) {
        this.#connecting.delete(node);
        return;
      }
      if (this.#streamTo(node, address) === undefined) this.#network.open(this.#self(), address, node);
      world.after(random.between(reconnectUs.least, reconnectUs.most), attempt, this.#self());
    };
    world.after(delayUs + random.int(5_000), attempt, this.#self());
  }
}
