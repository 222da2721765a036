// SPDX-License-Identifier: Apache-2.0
import { compareBytes, concatBytes } from '@shortlink/common/bytes.ts';
import type { ColdFound, ColdNeed } from '../cold-overlay.ts';
import type { HotPage, HotScan } from '../generations.ts';
import type { Namespace } from '../keys.ts';
import type { StateRow } from '../state-reader.ts';
import { MemoryState } from './memory-state.ts';

/** All chunks of a shard merged into one, in memory: the cold tier for tests. */
export class MemoryChunks {
  readonly #rows = new MemoryState();

  /** Rows under their chunk keys; later ones win, so generations must come oldest first. */
  add(rows: readonly StateRow[]): void {
    for (const { key, value } of rows) this.#rows.put(key, value);
  }

  row(namespace: Namespace, suffix: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(concatBytes(Uint8Array.of(namespace), suffix));
  }

  answer(need: ColdNeed): ColdFound {
    if (need.kind === 'row') return { kind: 'row', value: this.row(need.namespace, need.suffix) };
    return { kind: 'page', page: this.#page(need.namespace, need.scan) };
  }

  /** Suffixes of a namespace. */
  suffixes(namespace: Namespace): Uint8Array[] {
    return this.#rows
      .rows()
      .filter(({ key }) => key[0] === namespace)
      .map(({ key }) => key.subarray(1));
  }

  #page(namespace: Namespace, { gte, lt, reverse, limit, maxBytes }: HotScan): HotPage {
    const end = lt === undefined ? Uint8Array.of(namespace + 1) : concatBytes(Uint8Array.of(namespace), lt);
    const start = concatBytes(Uint8Array.of(namespace), gte);
    if (compareBytes(start, end) >= 0) return { rows: [], more: false };
    const found = this.#rows.scan({ gte: start, lt: end }, { limit, maxBytes, reverse });
    const bytes = found.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
    const rows = found.map(({ key, value }) => ({ key: key.subarray(1), value }));
    return { rows, more: rows.length > 0 && (rows.length >= limit || bytes > maxBytes) };
  }
}
