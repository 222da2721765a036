// SPDX-License-Identifier: Apache-2.0

import { broken } from './invariant.ts';
import { infoLevel } from './logger.ts';
import type { RaftLogger } from './logger.ts';
import type { Entry, LogIndex, Snapshot, Term } from './types.ts';

/**
 * The tail of the log (and perhaps a snapshot below it) that is not yet known to be durable. What was handed out for
 * writing stays here as "in progress" until the write is acknowledged, so that reads never depend on how far it got.
 *
 * `offset` may lie below the last index in storage: the next write then replaces what is there.
 */
export class Unstable {
  snapshot: Snapshot | undefined = undefined;
  snapshotInProgress = false;
  /** entries[i] has index offset + i. */
  entries: Entry[] = [];
  offset: LogIndex;
  /** Entries below this index are being written. Invariant: offset <= offsetInProgress. */
  offsetInProgress: LogIndex;
  readonly #logger: RaftLogger;

  constructor(offset: LogIndex, logger: RaftLogger) {
    this.offset = offset;
    this.offsetInProgress = offset;
    this.#logger = logger;
  }

  firstIndex(): LogIndex | undefined {
    return this.snapshot === undefined ? undefined : this.snapshot.metadata.index + 1;
  }

  lastIndex(): LogIndex | undefined {
    if (this.entries.length > 0) return this.offset + this.entries.length - 1;
    return this.snapshot?.metadata.index;
  }

  term(index: LogIndex): Term | undefined {
    if (index >= this.offset) return this.entries[index - this.offset]?.term;
    const metadata = this.snapshot?.metadata;
    return metadata?.index === index ? metadata.term : undefined;
  }

  hasNextEntries(): boolean {
    return this.entries.length > this.offsetInProgress - this.offset;
  }

  /** Entries that nobody has begun to write. */
  nextEntries(): readonly Entry[] {
    return this.hasNextEntries() ? this.entries.slice(this.offsetInProgress - this.offset) : [];
  }

  /** The snapshot, if nobody has begun to write it. */
  nextSnapshot(): Snapshot | undefined {
    return this.snapshotInProgress ? undefined : this.snapshot;
  }

  /** All entries and the snapshot are being written from now on. */
  acceptInProgress(): void {
    this.offsetInProgress = this.offset + this.entries.length;
    if (this.snapshot !== undefined) this.snapshotInProgress = true;
  }

  /** The log up to this entry is durable, unless it was replaced in the meantime. */
  stableTo(index: LogIndex, term: Term): void {
    const known = this.term(index);
    if (known === undefined) return this.#ignore(`entry at index ${index} missing from unstable log; ignoring`);
    if (index < this.offset) return this.#ignore(`entry at index ${index} matched unstable snapshot; ignoring`);
    if (known !== term) {
      return this.#ignore(
        `entry at (index,term)=(${index},${term}) mismatched with entry at (${index},${known}) in unstable log; ignoring`,
      );
    }
    // A new array, also to give back the memory of a long tail.
    this.entries = this.entries.slice(index + 1 - this.offset);
    this.offset = index + 1;
    this.offsetInProgress = Math.max(this.offsetInProgress, this.offset);
  }

  stableSnapshotTo(index: LogIndex): void {
    if (this.snapshot?.metadata.index !== index) return;
    this.snapshot = undefined;
    this.snapshotInProgress = false;
  }

  /** The log starts anew above this snapshot. */
  restore(snapshot: Snapshot): void {
    this.offset = snapshot.metadata.index + 1;
    this.offsetInProgress = this.offset;
    this.entries = [];
    this.snapshot = snapshot;
    this.snapshotInProgress = false;
  }

  /** Appends entries, in place of those from the first one's index on. */
  truncateAndAppend(entries: readonly Entry[]): void {
    const from = entries[0]?.index ?? broken('appended no entries');
    if (from === this.offset + this.entries.length) {
      for (const entry of entries) this.entries.push(entry);
    } else if (from <= this.offset) {
      this.#info(`replace the unstable entries from index ${from}`);
      this.entries = entries.slice();
      this.offset = from;
      this.offsetInProgress = from;
    } else {
      this.#info(`truncate the unstable entries before index ${from}`);
      this.entries = [...this.slice(this.offset, from), ...entries];
      this.offsetInProgress = Math.min(this.offsetInProgress, from);
    }
  }

  /** A copy of the entries in [lo, hi), all of which must be here. */
  slice(lo: LogIndex, hi: LogIndex): Entry[] {
    const end = this.offset + this.entries.length;
    if (lo > hi || lo < this.offset || hi > end) {
      broken(`unstable.slice[${lo},${hi}) out of bound [${this.offset},${end}]`);
    }
    return this.entries.slice(lo - this.offset, hi - this.offset);
  }

  #ignore(text: string): void {
    this.#info(text);
  }

  #info(text: string): void {
    if (this.#logger.level <= infoLevel) this.#logger.log(infoLevel, text);
  }
}
