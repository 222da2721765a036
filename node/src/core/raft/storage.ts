// SPDX-License-Identifier: Apache-2.0

import type { ConfState, Entry, HardState, LogIndex, Snapshot, Term } from './types.ts';

/** The entries were replaced by a snapshot. */
export type Compacted = 'compacted';
/** The entries are not there yet. */
export type Unavailable = 'unavailable';
/** A snapshot is being made; asked again with the next heartbeat. */
export type SnapshotTemporarilyUnavailable = 'snapshotTemporarilyUnavailable';

export interface InitialState {
  /** Undefined before the first write. */
  readonly hardState: HardState | undefined;
  readonly confState: ConfState;
}

/**
 * Read access to what is durable. Answers at once, from memory or by a synchronous read; an operational failure is
 * thrown and ends the replica. All writes are the driver's, in the order of Ready.
 */
export interface Storage {
  initialState(): InitialState;

  /**
   * Consecutive entries of [lo, hi), the longest prefix whose protobuf size is at most `maxBytes`, but at least one.
   * The result is the caller's; the storage must not change it afterwards.
   */
  entries(lo: LogIndex, hi: LogIndex, maxBytes: number): readonly Entry[] | Compacted | Unavailable;

  /** Term of the entry at `index`, which may lie in [firstIndex() - 1, lastIndex()]. */
  term(index: LogIndex): Term | Compacted | Unavailable;

  /** Index of the first entry that `entries` can return; 1 above the snapshot when the log is empty. */
  firstIndex(): LogIndex;

  /** Index of the last entry; firstIndex() - 1 when the log is empty. */
  lastIndex(): LogIndex;

  /** The most recent snapshot, to be sent to a follower whose next entry is compacted. Never an empty one. */
  snapshot(): Snapshot | SnapshotTemporarilyUnavailable;
}
