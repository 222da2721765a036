// SPDX-License-Identifier: Apache-2.0

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
}

/** Values up to a number of bytes together; what was used longest ago goes first. Loads of one key share one flight. */
export class ByteCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #flights = new Map<string, Promise<T>>();
  readonly #maxBytes: number;
  readonly #sizeOf: (value: T) => number;
  #bytes = 0;
  hits = 0;
  misses = 0;

  constructor(maxBytes: number, sizeOf: (value: T) => number) {
    this.#maxBytes = maxBytes;
    this.#sizeOf = sizeOf;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async get(key: string, load: () => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.hits++;
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      return entry.value;
    }
    const flight = this.#flights.get(key);
    if (flight !== undefined) return flight;
    this.misses++;
    const loading = load();
    this.#flights.set(key, loading);
    try {
      const value = await loading;
      // Whoever dropped the key meanwhile did not want this value to stay.
      if (this.#flights.get(key) === loading) this.#put(key, value);
      return value;
    } finally {
      if (this.#flights.get(key) === loading) this.#flights.delete(key);
    }
  }

  /** Forgets every key that starts so, and the loads that are on their way. */
  dropPrefix(prefix: string): void {
    for (const [key, entry] of this.#entries) {
      if (!key.startsWith(prefix)) continue;
      this.#entries.delete(key);
      this.#bytes -= entry.bytes;
    }
    for (const key of this.#flights.keys()) if (key.startsWith(prefix)) this.#flights.delete(key);
  }

  #put(key: string, value: T): void {
    const bytes = this.#sizeOf(value);
    if (bytes > this.#maxBytes) return;
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#entries.delete(oldest);
      this.#bytes -= entry.bytes;
    }
  }
}
