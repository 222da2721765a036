// SPDX-License-Identifier: Apache-2.0

import { broken } from '../invariant.ts';
import type { LogIndex } from '../types.ts';

/**
 * The sliding window of unacknowledged MsgApps to one follower, limited in messages and in bytes. The limit of bytes
 * is soft: one message may bring the window over it.
 */
export class Inflights {
  readonly maxMsgs: number;
  readonly maxBytes: number;
  #count = 0;
  #bytes = 0;
  #start = 0;
  /**
   * Ring buffers: last index and size of each message. They grow on demand (an idle group holds none) up to the
   * largest window it ever used, by doubling.
   */
  #indexes: LogIndex[] = [];
  #sizes: number[] = [];

  constructor(maxMsgs: number, maxBytes: number) {
    this.maxMsgs = maxMsgs;
    this.maxBytes = maxBytes;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  full(): boolean {
    return this.#count >= this.maxMsgs || this.#bytes >= this.maxBytes;
  }

  /** A message with entries up to `index` was sent. Indexes rise from call to call. */
  add(index: LogIndex, bytes: number): void {
    if (this.full()) broken(`cannot add index ${index} to a full window of ${this.#count} messages`);
    if (this.#count === this.#indexes.length) this.#grow();
    const at = (this.#start + this.#count) % this.#indexes.length;
    this.#indexes[at] = index;
    this.#sizes[at] = bytes;
    this.#count++;
    this.#bytes += bytes;
  }

  /** Frees all messages whose last index is at most `index`. */
  freeUpTo(index: LogIndex): void {
    while (this.#count > 0 && (this.#indexes[this.#start] ?? 0) <= index) {
      this.#bytes -= this.#sizes[this.#start] ?? 0;
      this.#count--;
      this.#start = (this.#start + 1) % this.#indexes.length;
    }
    if (this.#count === 0) this.#start = 0;
  }

  reset(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  #grow(): void {
    const capacity = Math.max(1, Math.min(this.maxMsgs, this.#indexes.length * 2));
    const indexes: LogIndex[] = [];
    const sizes: number[] = [];
    for (let at = 0; at < capacity; at++) {
      const from = (this.#start + at) % Math.max(1, this.#count);
      indexes.push(at < this.#count ? (this.#indexes[from] ?? 0) : 0);
      sizes.push(at < this.#count ? (this.#sizes[from] ?? 0) : 0);
    }
    this.#start = 0;
    this.#indexes = indexes;
    this.#sizes = sizes;
  }
}
