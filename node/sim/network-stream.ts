// SPDX-License-Identifier: Apache-2.0
import type { PeerFrame } from '../src/ports/peers.ts';
import type { Endpoint, Network } from './network.ts';
import { describeFrame } from './describe.ts';

interface InFlight {
  readonly frame: PeerFrame;
  cancel: () => void;
}

/** Frames that wait for a slow or blocked direction; more are dropped, as a transport with a bounded queue does. */
const maxInFlight = 4_000;
/** When a late frame arrives, after its stream broke. */
const lateUs = { least: 20_000, most: 3_000_000 };

/** From one process to another, in order. Breaks as a whole and loses what is on its way. */
export class NetworkStream {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly #network: Network;
  readonly #inFlight = new Set<InFlight>();
  /** Frames that have come as far as the blockade. */
  #held: InFlight[] = [];
  #lastArrivalUs = 0;
  #open = true;

  constructor(network: Network, from: Endpoint, to: Endpoint) {
    this.#network = network;
    this.from = from;
    this.to = to;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** @returns false when the frame was dropped. */
  send(frame: PeerFrame): boolean {
    if (!this.#open || this.#inFlight.size >= maxInFlight) return false;
    const { world } = this.#network;
    const arrivalUs = Math.max(
      this.#lastArrivalUs,
      world.nowUs + this.#network.delayUs(this.from.address, this.to.address),
    );
    this.#lastArrivalUs = arrivalUs;
    const item: InFlight = { frame: copyFrame(frame), cancel: () => {} };
    this.#inFlight.add(item);
    item.cancel = world.after(arrivalUs - world.nowUs, () => this.#arrive(item), this.to);
    return true;
  }

  /** The blockade is over. */
  release(): void {
    for (const item of this.#held.splice(0)) {
      item.cancel = this.#network.world.after(0, () => this.#arrive(item), this.to);
    }
  }

  /** `drain`: what is on its way still arrives, as after the death of a process whose kernel had it already. */
  break(rest: 'drop' | 'drain'): void {
    if (!this.#open) return;
    this.#open = false;
    this.#network.forget(this);
    const { world, random } = this.#network;
    world.note('break', `${this.from.address}>${this.to.address} ${rest} ${this.#inFlight.size}`);
    if (rest === 'drop') this.#drop();
    const toldUs = Math.max(this.#lastArrivalUs - world.nowUs, 0) + random.int(2_000);
    world.after(random.int(2_000), () => this.from.handler.onDisconnect(this.to.nodeId), this.from);
    world.after(
      rest === 'drain' ? toldUs : random.int(2_000),
      () => this.to.handler.onDisconnect(this.from.nodeId),
      this.to,
    );
  }

  #arrive(item: InFlight): void {
    if (this.#network.isBlocked(this.from.address, this.to.address) || this.#held.length > 0) {
      if (this.#open) this.#held.push(item);
      return;
    }
    this.#inFlight.delete(item);
    this.#network.world.note('frame', `${this.from.address}>${this.to.address} ${describeFrame(item.frame)}`);
    this.to.handler.onFrame(this.from.nodeId, item.frame);
  }

  #drop(): void {
    const { random, options } = this.#network;
    for (const item of this.#inFlight) {
      item.cancel();
      if (options.lateFrames && item.frame.raft.length > 0 && random.chance(0.3)) this.#deliverLate(item.frame);
    }
    this.#inFlight.clear();
    this.#held = [];
  }

  /** Raft tolerates old and repeated messages; requests and answers have a stream's guarantees. */
  #deliverLate(frame: PeerFrame): void {
    const { world, random } = this.#network;
    const raftOnly: PeerFrame = { ...frame, requests: [], replies: [], heartbeat: undefined, silentNodes: undefined };
    const { nodeId, address } = this.to;
    world.after(random.between(lateUs.least, lateUs.most), () => {
      const now = this.#network.endpointAt(address);
      if (now?.nodeId !== nodeId || this.#network.isBlocked(this.from.address, address)) return;
      world.note('late', `${this.from.address}>${address} ${describeFrame(frame)}`);
      world.after(0, () => now.handler.onFrame(this.from.nodeId, raftOnly), now);
    });
  }
}

/** The sender may go on changing its lists: what is sent is a copy, as it is on a wire. */
function copyFrame(frame: PeerFrame): PeerFrame {
  return {
    raft: frame.raft.map(({ shard, message }) => ({
      shard,
      message: { ...message, entries: message.entries.slice() },
    })),
    requests: frame.requests.map((request) => ({ ...request, payload: request.payload.slice() })),
    replies: frame.replies.map((reply) => ({ ...reply, payload: reply.payload.slice() })),
    heartbeat: frame.heartbeat === undefined ? undefined : { ...frame.heartbeat },
    silentNodes: frame.silentNodes?.slice(),
    clockMs: frame.clockMs,
    mapEpoch: frame.mapEpoch,
  };
}
