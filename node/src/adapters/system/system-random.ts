// SPDX-License-Identifier: Apache-2.0
import { randomFillSync } from 'node:crypto';
import { assert } from '@shortlink/common/assert.ts';
import type { Random } from '../../ports/random.ts';

/** A call into the operating system's generator costs far more than its bytes; small draws share one. */
const poolBytes = 8192;
const maxBound = 2 ** 32;

/** Cryptographic random bits. One instance a thread. */
export class SystemRandom implements Random {
  readonly #pool = new Uint8Array(poolBytes);
  readonly #view = new DataView(this.#pool.buffer);
  #used = poolBytes;

  bytes(length: number): Uint8Array {
    if (length > poolBytes / 4) return randomFillSync(new Uint8Array(length));
    const from = this.#take(length);
    const out = this.#pool.slice(from, from + length);
    // What was handed out may become a secret: it must not stay in memory for long.
    this.#pool.fill(0, from, from + length);
    return out;
  }

  int(bound: number): number {
    assert(Number.isInteger(bound) && bound >= 1 && bound <= maxBound, `bound ${bound} is not in [1, 2^32]`);
    // Draws at and above the last multiple of the bound would favour small numbers.
    const fair = maxBound - (maxBound % bound);
    for (;;) {
      const from = this.#take(4);
      const draw = this.#view.getUint32(from);
      this.#view.setUint32(from, 0);
      if (draw < fair) return draw % bound;
    }
  }

  #take(length: number): number {
    if (this.#used + length > poolBytes) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += length;
    return from;
  }
}
