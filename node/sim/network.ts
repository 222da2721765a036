// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { PeerFrame, PeerHandler } from '../src/ports/peers.ts';
import type { Owner } from './event-queue.ts';
import { NetworkStream } from './network-stream.ts';
import type { SimRandom } from './sim-random.ts';
import type { World } from './world.ts';

/** One process as the network sees it. */
export interface Endpoint extends Owner {
  readonly address: string;
  readonly nodeId: NodeId;
  readonly handler: PeerHandler;
}

export interface NetworkOptions {
  /** Of one direction of one pair of nodes, without faults. */
  readonly delayUs: { readonly least: number; readonly most: number };
  /** Raft messages of a stream that broke may still arrive, late or twice. */
  readonly lateFrames: boolean;
  /** That the stream of a snapshot breaks, at each of its chunks. */
  readonly snapshotCutChance: number;
  /** Sees every frame that a node hands over, before the network decides what becomes of it. */
  readonly onSend?: ((from: Endpoint, frame: PeerFrame) => void) | undefined;
}

/** A blocked direction breaks the streams of its pair after this long: keep-alives are not answered. */
const keepAliveUs = { least: 1_000_000, most: 15_000_000 };

/** Hosts by address, and what lies between them. */
export class Network {
  readonly world: World;
  readonly random: SimRandom;
  readonly options: NetworkOptions;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #streams = new Map<string, NetworkStream>();
  /** Directions in which nothing passes. */
  readonly #blocked = new Set<string>();
  readonly #slowUs = new Map<string, number>();

  constructor(world: World, options: NetworkOptions) {
    this.world = world;
    this.random = world.random('network');
    this.options = options;
  }

  attach(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.address, endpoint);
  }

  /** The process has died: what it had sent may still be on its way, what was sent to it is lost. */
  detach(endpoint: Endpoint): void {
    if (this.#endpoints.get(endpoint.address) === endpoint) this.#endpoints.delete(endpoint.address);
    for (const stream of [...this.#streams.values()]) {
      if (stream.from === endpoint) stream.break(this.random.chance(0.7) ? 'drain' : 'drop');
      else if (stream.to === endpoint) stream.break('drop');
    }
  }

  endpointAt(address: string): Endpoint | undefined {
    return this.#endpoints.get(address);
  }

  stream(from: string, to: string): NetworkStream | undefined {
    return this.#streams.get(directionOf(from, to));
  }

  /** Opens a stream at once, when there is somebody at the other end; undefined when not. */
  open(from: Endpoint, address: string, expected: NodeId): NetworkStream | undefined {
    const to = this.#endpoints.get(address);
    if (to?.nodeId !== expected || !from.isAlive || !this.canTalk(from.address, address)) return undefined;
    const name = directionOf(from.address, address);
    this.#streams.get(name)?.break('drop');
    const stream = new NetworkStream(this, from, to);
    this.#streams.set(name, stream);
    this.world.note('open', name);
    return stream;
  }

  forget(stream: NetworkStream): void {
    const name = directionOf(stream.from.address, stream.to.address);
    if (this.#streams.get(name) === stream) this.#streams.delete(name);
  }

  isBlocked(from: string, to: string): boolean {
    return this.#blocked.has(directionOf(from, to));
  }

  /** Whether questions get answers, and answers get back. */
  canTalk(from: string, to: string): boolean {
    return !this.isBlocked(from, to) && !this.isBlocked(to, from);
  }

  delayUs(from: string, to: string): number {
    const { least, most } = this.options.delayUs;
    const slow = this.#slowUs.get(directionOf(from, to)) ?? 0;
    return this.random.between(least, most) + (slow === 0 ? 0 : this.random.between(slow >> 1, slow));
  }

  block(from: string, to: string): void {
    this.#blocked.add(directionOf(from, to));
    this.world.note('block', directionOf(from, to));
    this.world.after(this.random.between(keepAliveUs.least, keepAliveUs.most), () => {
      if (!this.isBlocked(from, to)) return;
      this.breakPair(from, to);
    });
  }

  unblock(from: string, to: string): void {
    if (!this.#blocked.delete(directionOf(from, to))) return;
    this.world.note('unblock', directionOf(from, to));
    this.stream(from, to)?.release();
  }

  slowDown(from: string, to: string, delayUs: number): void {
    if (delayUs === 0) this.#slowUs.delete(directionOf(from, to));
    else this.#slowUs.set(directionOf(from, to), delayUs);
    this.world.note('slow', `${directionOf(from, to)} ${delayUs}`);
  }

  breakPair(a: string, b: string): void {
    this.stream(a, b)?.break('drop');
    this.stream(b, a)?.break('drop');
  }

  /** Everybody reaches everybody again, at normal speed. */
  heal(): void {
    for (const direction of [...this.#blocked]) {
      const [from, to] = direction.split('>');
      if (from !== undefined && to !== undefined) this.unblock(from, to);
    }
    this.#slowUs.clear();
  }
}

function directionOf(from: string, to: string): string {
  return `${from}>${to}`;
}
