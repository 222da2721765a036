// SPDX-License-Identifier: Apache-2.0

import { ApplyWindow } from './apply-window.ts';
import { countWithin, entriesSize } from './entry-size.ts';
import { broken } from './invariant.ts';
import { infoLevel } from './logger.ts';
import type { RaftLogger } from './logger.ts';
import type { Compacted, SnapshotTemporarilyUnavailable, Storage, Unavailable } from './storage.ts';
import { noLimit } from './types.ts';
import type { Entry, LogIndex, Snapshot, Term } from './types.ts';
import { Unstable } from './unstable.ts';

/** The log of one replica: what is durable (storage) and, above it, what is not yet (unstable). */
export class RaftLog {
  readonly unstable: Unstable;
  readonly window: ApplyWindow;
  /** The highest index known to be durable on a quorum. Never falls. */
  committed: LogIndex;
  readonly #storage: Storage;
  readonly #logger: RaftLogger;

  constructor(storage: Storage, logger: RaftLogger, maxApplyingBytes: number) {
    this.#storage = storage;
    this.#logger = logger;
    this.committed = storage.firstIndex() - 1;
    this.unstable = new Unstable(storage.lastIndex() + 1, logger);
    this.window = new ApplyWindow(this.committed, maxApplyingBytes);
  }

  firstIndex(): LogIndex {
    return this.unstable.firstIndex() ?? this.#storage.firstIndex();
  }

  lastIndex(): LogIndex {
    return this.unstable.lastIndex() ?? this.#storage.lastIndex();
  }

  lastTerm(): Term {
    const index = this.lastIndex();
    const term = this.term(index);
    return typeof term === 'number' ? term : broken(`the term of the last entry ${index} is ${term}`);
  }

  /** The term of an entry in [firstIndex - 1, lastIndex]. */
  term(index: LogIndex): Term | Compacted | Unavailable {
    // The unstable part answers without asking storage for its bounds.
    const unstable = this.unstable.term(index);
    if (unstable !== undefined) return unstable;
    if (index + 1 < this.firstIndex()) return 'compacted';
    if (index > this.lastIndex()) return 'unavailable';
    return this.#storage.term(index);
  }

  /** 0, the term of no entry, where the term is not known. */
  termOrZero(index: LogIndex): Term {
    const term = this.term(index);
    return typeof term === 'number' ? term : 0;
  }

  matchTerm(index: LogIndex, term: Term): boolean {
    return this.term(index) === term;
  }

  /** Raft thesis, section 3.6.1: is a log that ends with this entry at least as good as ours? */
  isUpToDate(term: Term, index: LogIndex): boolean {
    const lastTerm = this.lastTerm();
    return term > lastTerm || (term === lastTerm && index >= this.lastIndex());
  }

  /** Appends a leader's entries after (prevIndex, prevTerm); false if the log has no such entry. */
  maybeAppend(prevIndex: LogIndex, prevTerm: Term, entries: readonly Entry[]): boolean {
    if (!this.matchTerm(prevIndex, prevTerm)) return false;
    const conflict = this.#findConflict(entries);
    if (conflict === 0) return true;
    if (conflict <= this.committed) {
      broken(`entry ${conflict} conflict with committed entry [committed(${this.committed})]`);
    }
    this.append(entries.slice(conflict - prevIndex - 1));
    return true;
  }

  /** Appends entries, in place of what is at their indexes; never below the commit index. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    if (first.index - 1 < this.committed) {
      broken(`append after ${first.index - 1} is out of range [committed(${this.committed})]`);
    }
    this.unstable.truncateAndAppend(entries);
  }

  /**
   * Where this log may match another one of which only the entry (index, term) is known: the largest index up to the
   * given one whose term is not larger, with its term (0 if unknown).
   */
  findConflictByTerm(index: LogIndex, term: Term): { readonly index: LogIndex; readonly term: Term } {
    for (let at = index; at > 0; at--) {
      const ours = this.term(at);
      if (typeof ours !== 'number') return { index: at, term: 0 };
      if (ours <= term) return { index: at, term: ours };
    }
    return { index: 0, term: 0 };
  }

  commitTo(index: LogIndex): void {
    if (index <= this.committed) return;
    const lastIndex = this.lastIndex();
    if (index > lastIndex) {
      broken(`commit ${index} is out of range [lastIndex(${lastIndex})]: the log was corrupted, truncated or lost`);
    }
    this.committed = index;
  }

  /** Only entries of the leader's own term are committed by counting (Raft paper, section 5.4.2). */
  maybeCommit(index: LogIndex, term: Term): boolean {
    if (index <= this.committed || term === 0 || !this.matchTerm(index, term)) return false;
    this.commitTo(index);
    return true;
  }

  restore(snapshot: Snapshot): void {
    const { index, term } = snapshot.metadata;
    if (this.#logger.level <= infoLevel) {
      this.#logger.log(
        infoLevel,
        `log [${this.describe()}] starts to restore snapshot [index: ${index}, term: ${term}]`,
      );
    }
    this.committed = index;
    this.unstable.restore(snapshot);
  }

  snapshot(): Snapshot | SnapshotTemporarilyUnavailable {
    return this.unstable.snapshot ?? this.#storage.snapshot();
  }

  /** Entries from `from` to the end, within `maxBytes` but at least one if there is any. */
  entries(from: LogIndex, maxBytes: number): readonly Entry[] | Compacted {
    const lastIndex = this.lastIndex();
    return from > lastIndex ? [] : this.slice(from, lastIndex + 1, maxBytes);
  }

  /** Entries of [lo, hi), within `maxBytes` but at least one if there is any. */
  slice(lo: LogIndex, hi: LogIndex, maxBytes: number = noLimit): readonly Entry[] | Compacted {
    if (lo < this.firstIndex()) return 'compacted';
    if (lo > hi || hi > this.lastIndex() + 1) {
      broken(`slice[${lo},${hi}) out of bound [${this.firstIndex()},${this.lastIndex()}]`);
    }
    if (lo === hi) return [];
    const { offset } = this.unstable;
    if (lo >= offset) return this.#unstablePrefix(lo, hi, maxBytes);

    const cut = Math.min(hi, offset);
    const stable = this.#storage.entries(lo, cut, maxBytes);
    if (stable === 'compacted') return stable;
    if (stable === 'unavailable') broken(`entries[${lo}:${cut}) is unavailable from storage`);
    if (hi <= offset || stable.length < cut - lo) return stable;
    const room = maxBytes - entriesSize(stable);
    if (room <= 0) return stable;
    const rest = this.#unstablePrefix(offset, hi, room);
    // A single entry is returned although it does not fit; here there are others before it.
    if (rest.length === 1 && entriesSize(rest) > room) return stable;
    return [...stable, ...rest];
  }

  /** Whether committed entries can be handed out; see `nextCommittedEntries`. */
  hasNextCommittedEntries(allowUnstable: boolean): boolean {
    // A snapshot is applied first: handing out entries beside it would leave the order open.
    if (this.window.paused || this.unstable.snapshot !== undefined) return false;
    return this.window.applying < this.maxAppliableIndex(allowUnstable);
  }

  /** Committed entries to apply next, within the window. Without `allowUnstable` only those that are durable here. */
  nextCommittedEntries(allowUnstable: boolean): readonly Entry[] {
    if (!this.hasNextCommittedEntries(allowUnstable)) return [];
    const hi = this.maxAppliableIndex(allowUnstable) + 1;
    const entries = this.slice(this.window.applying + 1, hi, this.window.roomBytes());
    return entries === 'compacted'
      ? broken(`unapplied entries from ${this.window.applying + 1} are compacted`)
      : entries;
  }

  maxAppliableIndex(allowUnstable: boolean): LogIndex {
    return allowUnstable ? this.committed : Math.min(this.committed, this.unstable.offset - 1);
  }

  describe(): string {
    const { unstable, window } = this;
    return (
      `committed=${this.committed}, applied=${window.applied}, applying=${window.applying}, ` +
      `unstable.offset=${unstable.offset}, unstable.offsetInProgress=${unstable.offsetInProgress}, ` +
      `len(unstable.Entries)=${unstable.entries.length}`
    );
  }

  #unstablePrefix(lo: LogIndex, hi: LogIndex, maxBytes: number): readonly Entry[] {
    const { entries, offset } = this.unstable;
    const count = countWithin(entries, lo - offset, hi - offset, maxBytes);
    return this.unstable.slice(lo, lo + count);
  }

  /** Index of the first entry that differs from the log's or is not in it; 0 if the log has all of them. */
  #findConflict(entries: readonly Entry[]): LogIndex {
    for (const { index, term } of entries) {
      if (this.matchTerm(index, term)) continue;
      if (index <= this.lastIndex() && this.#logger.level <= infoLevel) {
        const text = `found conflict at index ${index} [existing term: ${this.termOrZero(index)}, conflicting term: ${term}]`;
        this.#logger.log(infoLevel, text);
      }
      return index;
    }
    return 0;
  }
}
