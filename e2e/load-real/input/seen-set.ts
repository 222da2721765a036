// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';

const initialSlots = 2 ** 16;

/**
 * Remembers which texts it has seen by 64 bits of their hash: 16 bytes a text instead of the text. With two million
 * texts a false "seen" has a chance of one in nine million.
 */
export class SeenSet {
  #slots = new BigUint64Array(initialSlots);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** False when the text was there before. */
  add(text: string): boolean {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const isNew = insert(this.#slots, keyOf(text));
    if (isNew) this.#size++;
    return isNew;
  }

  #grow(): void {
    const slots = new BigUint64Array(this.#slots.length * 2);
    for (const key of this.#slots) if (key !== 0n) insert(slots, key);
    this.#slots = slots;
  }
}

/** Linear probing; 0 is an empty slot. */
function insert(slots: BigUint64Array, key: bigint): boolean {
  const mask = slots.length - 1;
  let at = Number(key & BigInt(mask));
  for (;;) {
    const found = slots[at];
    if (found === key) return false;
    if (found === 0n) {
      slots[at] = key;
      return true;
    }
    at = (at + 1) & mask;
  }
}

function keyOf(text: string): bigint {
  const key = hash('sha1', text, 'buffer').readBigUInt64LE(0);
  return key === 0n ? 1n : key;
}
