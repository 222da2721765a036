// SPDX-License-Identifier: Apache-2.0
import { compareBytes, equalBytes } from '@shortlink/common/bytes.ts';
import type { StateRange, StateReader, StateRow, StateScanOptions } from '../state-reader.ts';
import type { StateTx } from '../state-tx.ts';

/** Rows in memory in the order of their keys: the store's state column for tests. */
export class MemoryState implements StateReader {
  #rows: StateRow[] = [];
  /** Calls of get and keys of getMany, to check what a command costs. */
  pointReads = 0;

  get(key: Uint8Array): Uint8Array | undefined {
    this.pointReads += 1;
    const row = this.#rows[this.#place(key)];
    return row !== undefined && equalBytes(row.key, key) ? row.value : undefined;
  }

  getMany(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return keys.map((key) => this.get(key));
  }

  scan(range: StateRange, options: StateScanOptions): StateRow[] {
    const rows = this.#rows.slice(this.#place(range.gte), this.#place(range.lt));
    if (options.reverse === true) rows.reverse();
    const out: StateRow[] = [];
    let bytes = 0;
    for (const row of rows) {
      if (out.length >= options.limit || bytes > (options.maxBytes ?? Number.POSITIVE_INFINITY)) break;
      out.push(row);
      bytes += row.key.length + row.value.length;
    }
    return out;
  }

  /** All rows in the order of their keys. */
  rows(): readonly StateRow[] {
    return this.#rows;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    const place = this.#place(key);
    const there = this.#rows[place];
    const replaced = there !== undefined && equalBytes(there.key, key) ? 1 : 0;
    this.#rows.splice(place, replaced, { key, value });
  }

  delete(key: Uint8Array): void {
    const place = this.#place(key);
    const there = this.#rows[place];
    if (there !== undefined && equalBytes(there.key, key)) this.#rows.splice(place, 1);
  }

  deleteRange(range: StateRange): void {
    const start = this.#place(range.gte);
    this.#rows.splice(start, Math.max(0, this.#place(range.lt) - start));
  }

  /** Writes a transaction as the engine does: its effects first, then the dropped ranges. */
  commit(tx: StateTx): void {
    for (const { key, value } of tx.writes) {
      if (value === undefined) this.delete(key);
      else this.put(key, value);
    }
    for (const range of tx.droppedRanges) this.deleteRange(range);
  }

  /** Place of the first row at or after `key`. */
  #place(key: Uint8Array): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.#rows[middle];
      if (row !== undefined && compareBytes(row.key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
