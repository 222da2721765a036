// SPDX-License-Identifier: Apache-2.0

/** How far the lists and watches of one client are behind the writes: a watch cache that has not caught up. */
export class CacheLag {
  #events = 0;
  readonly #listeners = new Set<() => void>();

  get events(): number {
    return this.#events;
  }

  set events(count: number) {
    this.#events = count;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
