// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { Random } from '../src/ports/random.ts';

/** FNV-1a, 32 bits. */
export function hashText(text: string, start = 0x811c_9dc5): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return hash >>> 0;
}

export function hashBytes(bytes: Uint8Array, start = 0x811c_9dc5): number {
  let hash = start;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 0;
}

/** Chris Doty-Humphrey's sfc32: small, fast and good enough to choose faults and codes with. */
export class SimRandom implements Random {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#seed = seed;
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) >>> 0;
    this.#c = 0x9e37_79b9;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A stream of its own for each concern: one more draw for one of them changes nothing for the others. */
  split(name: string): SimRandom {
    return new SimRandom(
      hashText(name, hashText(`${this.#seed}/`)) * 0x10_0000 + hashText(`${name}/${this.#seed}`) / 0x1000,
    );
  }

  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }

  int(bound: number): number {
    assert(bound >= 1 && bound <= 0x1_0000_0000, `bound ${bound} is out of range`);
    return Math.floor((this.uint32() / 0x1_0000_0000) * bound);
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.uint32() >>> 24;
    return out;
  }

  /** A uniform integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.uint32() / 0x1_0000_0000 < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(Math.max(1, items.length))];
    assert(item !== undefined, 'there is nothing to pick from');
    return item;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const item = out[i];
      const other = out[j];
      if (item === undefined || other === undefined) continue;
      out[i] = other;
      out[j] = item;
    }
    return out;
  }
}
