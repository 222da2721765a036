// SPDX-License-Identifier: Apache-2.0
import { murmur3 } from './filter/key-hash.ts';

interface Entry<V> {
  readonly key: Uint8Array;
  value: V;
}

const seed = 0;

/** A map whose keys are bytes, by what they are and not by which array holds them. */
export class BytesMap<V> {
  readonly #entries = new Map<number, Entry<V>[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value of the first `length` bytes. */
  get(bytes: Uint8Array, length = bytes.length): V | undefined {
    return this.#find(murmur3(bytes, seed, length), bytes, length)?.value;
  }

  /** Keeps a copy of the key when it is new. */
  set(bytes: Uint8Array, value: V, length = bytes.length): void {
    const hash = murmur3(bytes, seed, length);
    const known = this.#find(hash, bytes, length);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    const entry = { key: bytes.slice(0, length), value };
    const others = this.#entries.get(hash);
    if (others === undefined) this.#entries.set(hash, [entry]);
    else others.push(entry);
    this.#size++;
  }

  /** In the order in which hashes were first set. */
  *entries(): Generator<readonly [Uint8Array, V]> {
    for (const entries of this.#entries.values()) {
      for (const { key, value } of entries) yield [key, value];
    }
  }

  #find(hash: number, bytes: Uint8Array, length: number): Entry<V> | undefined {
    return this.#entries.get(hash)?.find(({ key }) => startsWith(bytes, key, length));
  }
}

function startsWith(bytes: Uint8Array, key: Uint8Array, length: number): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[i] !== key[i]) return false;
  return true;
}
