// SPDX-License-Identifier: Apache-2.0
import { compareBytes } from '@shortlink/common/bytes.ts';
import type { KeyRange, Row } from '../src/ports/kv-engine.ts';

/** Splits at twice this many rows: a write moves few references, and a snapshot copies few pages. */
const pageRows = 128;

interface Page {
  readonly rows: Row[];
  /** The map's epoch when the page was made; an older page may be shared with a snapshot and is copied before a change. */
  readonly epoch: number;
}

/** Rows in the order of unsigned bytes, with cheap snapshots (copy on write). Never empty of pages. */
export class SortedBytesMap {
  #pages: Page[];
  #epoch = 1;

  constructor(snapshot?: RowsSnapshot) {
    // Epoch 0: the page belongs to somebody else as well.
    this.#pages = (snapshot?.pages ?? [{ rows: [] }]).map((page) => ({ rows: page.rows, epoch: 0 }));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const rows = this.#pages[this.#pageOf(key)]?.rows ?? [];
    const row = rows[lowerBound(rows, key)];
    return row !== undefined && compareBytes(row.key, key) === 0 ? row.value : undefined;
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const index = this.#pageOf(key);
    const rows = this.#ownRows(index);
    const at = lowerBound(rows, key);
    const present = rows[at];
    const replaces = present !== undefined && compareBytes(present.key, key) === 0;
    rows.splice(at, replaces ? 1 : 0, { key, value });
    if (rows.length < 2 * pageRows) return;
    const upper = rows.splice(pageRows);
    this.#pages.splice(index + 1, 0, { rows: upper, epoch: this.#epoch });
  }

  delete(key: Uint8Array): void {
    const index = this.#pageOf(key);
    const present = this.#pages[index]?.rows ?? [];
    const at = lowerBound(present, key);
    const row = present[at];
    if (row === undefined || compareBytes(row.key, key) !== 0) return;
    const rows = this.#ownRows(index);
    rows.splice(at, 1);
    if (rows.length === 0 && this.#pages.length > 1) this.#pages.splice(index, 1);
  }

  deleteRange(range: KeyRange): void {
    const kept = this.#pages
      .map((page) => {
        const from = lowerBound(page.rows, range.gte);
        const to = lowerBound(page.rows, range.lt);
        if (from >= to) return page;
        return { rows: [...page.rows.slice(0, from), ...page.rows.slice(to)], epoch: this.#epoch };
      })
      .filter((page) => page.rows.length > 0);
    this.#pages = kept.length === 0 ? [{ rows: [], epoch: 0 }] : kept;
  }

  /** The rows as they are now; later changes do not show. */
  snapshot(): RowsSnapshot {
    this.#epoch++;
    return { pages: [...this.#pages] };
  }

  /** Rows of the range, from its end with `reverse`, one at a time: stop asking when there are enough. */
  *iterate(range: KeyRange, reverse = false): Generator<Row, void, undefined> {
    yield* iterateRows(this.#pages, range, reverse);
  }

  #pageOf(key: Uint8Array): number {
    return pageOf(this.#pages, key);
  }

  #ownRows(index: number): Row[] {
    const page = this.#pages[index] ?? { rows: [], epoch: 0 };
    if (page.epoch === this.#epoch) return page.rows;
    const rows = [...page.rows];
    this.#pages[index] = { rows, epoch: this.#epoch };
    return rows;
  }
}

export interface RowsSnapshot {
  readonly pages: readonly Page[];
}

export function* iterateRows(
  pages: readonly Page[],
  range: KeyRange,
  reverse: boolean,
): Generator<Row, void, undefined> {
  if (compareBytes(range.gte, range.lt) >= 0) return;
  const first = pageOf(pages, range.gte);
  const last = pageOf(pages, range.lt);
  for (let step = 0; step <= last - first; step++) {
    const rows = pages[reverse ? last - step : first + step]?.rows ?? [];
    const from = lowerBound(rows, range.gte);
    const to = lowerBound(rows, range.lt);
    for (let i = 0; i < to - from; i++) {
      const row = rows[reverse ? to - 1 - i : from + i];
      if (row !== undefined) yield row;
    }
  }
}

/** The last page whose first key is not above `key`, or the first page. */
function pageOf(pages: readonly Page[], key: Uint8Array): number {
  let low = 0;
  let high = pages.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    const first = pages[middle]?.rows[0];
    if (first !== undefined && compareBytes(first.key, key) <= 0) low = middle;
    else high = middle;
  }
  return low;
}

/** The first row whose key is not below `key`. */
function lowerBound(rows: readonly Row[], key: Uint8Array): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row !== undefined && compareBytes(row.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
