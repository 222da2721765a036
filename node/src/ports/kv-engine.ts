// SPDX-License-Identifier: Apache-2.0

/** Column families. `raft`: logs and hard states. `state`: rows of state machines. `meta`: identity and directory of replicas. */
export const columns = ['raft', 'state', 'meta'] as const;
export type Column = (typeof columns)[number];

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Keys in [gte, lt), in the order of unsigned bytes, or against it with `reverse`. */
export interface KeyRange {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

export interface ScanOptions {
  readonly reverse?: boolean | undefined;
  /** Rows at most. */
  readonly limit: number;
  /** Stop after the row that passes this many bytes of keys and values. */
  readonly maxBytes?: number | undefined;
}

/**
 * Synchronous point and range reads; safe on any thread that shares the store.
 * Every call may throw StoreFailedError or StoreCorruptError; both end the use of the store for good.
 */
export interface KvReader {
  get(column: Column, key: Uint8Array): Uint8Array | undefined;
  getMany(column: Column, keys: readonly Uint8Array[]): (Uint8Array | undefined)[];
  scan(column: Column, range: KeyRange, options: ScanOptions): Row[];
  /** A cursor over the rows as they are now: later writes do not show. Must be closed. */
  cursor(column: Column, range: KeyRange): Cursor;
}

export interface Cursor {
  /** The next rows, at most `limit`; empty at the end. */
  next(limit: number): Row[];
  /** Goes to the first row at or after `key`, forwards or backwards; `key` lies in the range of the cursor. */
  seek(key: Uint8Array): void;
  close(): void;
}

/** Writes that become visible and durable together. */
export interface WriteBatch {
  put(column: Column, key: Uint8Array, value: Uint8Array): void;
  delete(column: Column, key: Uint8Array): void;
  readonly count: number;
}

export interface WriteOptions {
  /** True: on disk (fsync) before the call returns. */
  readonly sync: boolean;
}

/** A write or an fsync failed: what is on disk is unknown, so the process must end (fsync errors are terminal). */
export class StoreFailedError extends Error {
  override readonly name = 'StoreFailedError';
}

/** Bytes on disk are not what was written. Terminal too: the node is replaced as a new replica, never started empty. */
export class StoreCorruptError extends Error {
  override readonly name = 'StoreCorruptError';
}

/** The one store of a node. Only its owner writes and closes. */
export interface KvEngine extends KvReader {
  /** Belongs to this store and is written once. */
  batch(): WriteBatch;
  /** Synchronous. @throws StoreFailedError, and from then on for every call. */
  write(batch: WriteBatch, options: WriteOptions): void;
  /** Removes a range by a range tombstone; idempotent, not part of any batch, durable with the next synchronous write. */
  deleteRange(column: Column, range: KeyRange): void;
  close(): Promise<void>;
}
