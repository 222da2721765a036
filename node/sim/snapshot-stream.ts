// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { SnapshotSink, SnapshotSource } from '../src/ports/peers.ts';
import type { Endpoint, Network } from './network.ts';

export interface SnapshotStreamEnds {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly source: SnapshotSource;
}

/** Paces the chunks, so that much can happen while a snapshot is under way. */
const chunkUs = { least: 500, most: 60_000 };

/** A snapshot on its way: chunk by chunk, and it may break between any two of them, or before its end is confirmed. */
export class SnapshotStream {
  readonly #network: Network;
  readonly #ends: SnapshotStreamEnds;
  #sink: SnapshotSink | undefined;
  #over = false;

  constructor(network: Network, ends: SnapshotStreamEnds) {
    this.#network = network;
    this.#ends = ends;
  }

  start(): void {
    const { from, to, source } = this.#ends;
    this.#network.world.note('snapshot', `${from.address}>${to.address}`);
    this.#pace(to, () => {
      if (this.#isCut()) return this.#fail();
      this.#attempt(() => {
        this.#sink = to.handler.onSnapshot(from.nodeId, source.header);
      });
      this.#next();
    });
  }

  /** The sender reads a chunk, and the receiver takes it after a while. */
  #next(): void {
    if (this.#over) return;
    const { from, to, source } = this.#ends;
    this.#pace(from, () => {
      const chunk = source.next()?.slice();
      assert((chunk?.length ?? 0) <= limits.snapshotChunkMaxBytes, `a chunk of ${chunk?.length} bytes`);
      this.#pace(to, () => {
        if (this.#isCut()) return this.#fail();
        if (chunk === undefined) return this.#finish();
        this.#attempt(() => this.#sink?.chunk(chunk));
        this.#next();
      });
    });
  }

  #finish(): void {
    const { from, source } = this.#ends;
    this.#attempt(() => this.#sink?.end());
    if (this.#over) return;
    this.#over = true;
    // The receiver has all of it, and yet the sender may hear that it failed.
    const isConfirmed = !this.#isCut() && !this.#network.random.chance(0.1);
    this.#network.world.after(1_000, () => source.close(isConfirmed ? 'finished' : 'failed'), from);
  }

  #fail(): void {
    if (this.#over) return;
    this.#over = true;
    const { from, to, source } = this.#ends;
    const { world } = this.#network;
    world.note('snapshot cut', `${from.address}>${to.address}`);
    world.after(1_000, () => source.close('failed'), from);
    world.after(1_000, () => this.#sink?.abort(), to);
  }

  /** A receiver that throws refuses the rest, unless the throw is its end. */
  #attempt(take: () => void): void {
    if (this.#over) return;
    try {
      take();
    } catch (error) {
      this.#fail();
      if (!this.#ends.to.isAlive) throw error;
      this.#network.world.note('snapshot refused', String(error));
    }
  }

  #isCut(): boolean {
    const { from, to } = this.#ends;
    if (!from.isAlive || !to.isAlive || !this.#network.canTalk(from.address, to.address)) return true;
    return this.#network.random.chance(this.#network.options.snapshotCutChance);
  }

  /** One end works after a while; should it die meanwhile, the other hears of a broken stream. */
  #pace(owner: Endpoint, run: () => void): void {
    const { world, random } = this.#network;
    world.after(random.between(chunkUs.least, chunkUs.most), run, owner, () => this.#fail());
  }
}
