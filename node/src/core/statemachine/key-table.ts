// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '@shortlink/common/bytes.ts';

interface Keyed {
  readonly key: Uint8Array;
}

const initialSlots = 64;

/**
 * Entries by the bytes of their keys: a hash table with open addressing. A Map would need a string for each key, which costs
 * several times the look-up.
 */
export class KeyTable<Entry extends Keyed> {
  /** Places in `#entries` plus one; 0 is free. At least half of them are. */
  #slots = new Int32Array(initialSlots);
  readonly #entries: Entry[] = [];
  readonly #hashes: number[] = [];

  find(key: Uint8Array): Entry | undefined {
    const hash = hashOf(key);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = (this.#slots[slot] ?? 0) - 1;
      if (place < 0) return undefined;
      const entry = this.#entries[place];
      if (this.#hashes[place] === hash && entry !== undefined && equalBytes(entry.key, key)) return entry;
    }
  }

  /** Of a key that is not there yet. */
  add(entry: Entry): void {
    this.#hashes.push(hashOf(entry.key));
    const count = this.#entries.push(entry);
    if (count * 2 <= this.#slots.length) {
      this.#occupy(count);
      return;
    }
    this.#slots = new Int32Array(this.#slots.length * 4);
    for (let placed = 1; placed <= count; placed++) this.#occupy(placed);
  }

  #occupy(placed: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[placed - 1] ?? 0) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = placed;
  }
}

/** FNV-1a, folded: the low bits choose the slot. */
function hashOf(key: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] ?? 0), 0x0100_0193);
  return (hash ^ (hash >>> 15)) | 0;
}
