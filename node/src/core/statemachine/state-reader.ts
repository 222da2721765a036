// SPDX-License-Identifier: Apache-2.0

export interface StateRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Keys in [gte, lt). */
export interface StateRange {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

export interface StateScanOptions {
  /** Rows at most. */
  readonly limit: number;
  readonly reverse?: boolean | undefined;
  /** Stop after the row that passes this many bytes of keys and values. */
  readonly maxBytes?: number | undefined;
}

/** Synchronous reads of the rows of state machines; the engine binds it to the store's state column. */
export interface StateReader {
  get(key: Uint8Array): Uint8Array | undefined;
  /** One answer for each key, in the same order. */
  getMany(keys: readonly Uint8Array[]): readonly (Uint8Array | undefined)[];
  scan(range: StateRange, options: StateScanOptions): readonly StateRow[];
}
