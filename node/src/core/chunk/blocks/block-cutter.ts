// SPDX-License-Identifier: Apache-2.0
import type { ChunkRow, RowFacts } from '../chunk-row.ts';

/** What a row costs a block beside its key and value, at most on average. */
const rowOverheadBytes = 4;

/** The rows of a block that is to be. */
export interface BlockRows {
  readonly rows: readonly ChunkRow[];
  readonly rawBytes: number;
  readonly tombstoneCount: number;
  /** Undefined: one of the rows lives for ever. */
  readonly latestExpiryMs: number | undefined;
}

/** Cuts rows into blocks of at most `maxBytes`, so that one stays below them even where nothing can be compressed. */
export class BlockCutter {
  readonly #maxBytes: number;
  #rows: ChunkRow[] = [];
  #rawBytes = 0;
  #tombstoneCount = 0;
  #latestExpiryMs = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Of the rows that wait for more. */
  get rawBytes(): number {
    return this.#rawBytes;
  }

  /** A block of the rows before this one, when this one does not fit beside them. */
  add(row: ChunkRow, facts: RowFacts): BlockRows | undefined {
    const rawBytes = row.key.length + row.value.length;
    const overhead = (this.#rows.length + 1) * rowOverheadBytes;
    const full = this.#rawBytes + rawBytes + overhead > this.#maxBytes ? this.take() : undefined;
    this.#rows.push(row);
    this.#rawBytes += rawBytes;
    if (facts.tombstone) this.#tombstoneCount++;
    this.#latestExpiryMs = Math.max(this.#latestExpiryMs, facts.expiresAtMs ?? Infinity);
    return full;
  }

  /** A block of the rows that are left; undefined without any. */
  take(): BlockRows | undefined {
    if (this.#rows.length === 0) return undefined;
    const latestExpiryMs = this.#latestExpiryMs === Infinity ? undefined : this.#latestExpiryMs;
    const { rows, rawBytes, tombstoneCount } = {
      rows: this.#rows,
      rawBytes: this.#rawBytes,
      tombstoneCount: this.#tombstoneCount,
    };
    this.#rows = [];
    this.#rawBytes = 0;
    this.#tombstoneCount = 0;
    this.#latestExpiryMs = 0;
    return { rows, rawBytes, tombstoneCount, latestExpiryMs };
  }
}
