// SPDX-License-Identifier: Apache-2.0

interface Sized {
  readonly bytes: number;
}

/**
 * A map of at most about `maxBytes` that forgets what was not used for longest, roughly: two maps, the younger of which
 * takes what is new or used again; when it has half of the bytes, the older one is dropped and it becomes the older one.
 * So what is not used between two such moments goes, and using a value costs next to nothing.
 */
export class AgeingMap<V extends Sized> {
  readonly #maxBytes: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  #youngBytes = 0;
  #oldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  /** Does not count as use: see `touch`. */
  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** What `get` gave was of use. */
  touch(key: string, value: V): void {
    if (!this.#young.has(key)) this.set(key, value);
  }

  set(key: string, value: V): void {
    this.#youngBytes += value.bytes - (this.#young.get(key)?.bytes ?? 0);
    this.#young.set(key, value);
    if (2 * this.#youngBytes <= this.#maxBytes) return;
    this.#old = this.#young;
    this.#oldBytes = this.#youngBytes;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}
