// SPDX-License-Identifier: Apache-2.0

import { countWithin } from './entry-size.ts';
import { broken } from './invariant.ts';
import type { Compacted, InitialState, Storage, Unavailable } from './storage.ts';
import type { ConfState, Entry, HardState, LogIndex, Snapshot, Term } from './types.ts';

export type SnapshotOutOfDate = 'snapshotOutOfDate';

const emptySnapshot: Snapshot = {
  metadata: {
    confState: { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false },
    index: 0,
    term: 0,
  },
  data: new Uint8Array(0),
};

/** A Storage in memory, and the reference for what a durable one must do. */
export class MemoryStorage implements Storage {
  #hardState: HardState | undefined = undefined;
  #snapshot: Snapshot = emptySnapshot;
  /** The entry before the first one is compacted; its term is still known. */
  #compactedIndex: LogIndex = 0;
  #compactedTerm: Term = 0;
  #entries: Entry[] = [];

  initialState(): InitialState {
    return { hardState: this.#hardState, confState: this.#snapshot.metadata.confState };
  }

  entries(lo: LogIndex, hi: LogIndex, maxBytes: number): readonly Entry[] | Compacted | Unavailable {
    if (lo <= this.#compactedIndex) return 'compacted';
    if (hi > this.lastIndex() + 1) return 'unavailable';
    const start = lo - this.firstIndex();
    const count = countWithin(this.#entries, start, hi - this.firstIndex(), maxBytes);
    return this.#entries.slice(start, start + count);
  }

  term(index: LogIndex): Term | Compacted | Unavailable {
    if (index < this.#compactedIndex) return 'compacted';
    if (index === this.#compactedIndex) return this.#compactedTerm;
    return this.#entries[index - this.firstIndex()]?.term ?? 'unavailable';
  }

  firstIndex(): LogIndex {
    return this.#compactedIndex + 1;
  }

  lastIndex(): LogIndex {
    return this.#compactedIndex + this.#entries.length;
  }

  snapshot(): Snapshot {
    return this.#snapshot;
  }

  setHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  /** Appends entries, in place of those from the first one's index on; what is compacted is left out. */
  append(entries: readonly Entry[]): void {
    const firstIndex = this.firstIndex();
    const live = entries.filter((entry) => entry.index >= firstIndex);
    const from = live[0]?.index;
    if (from === undefined) return;
    if (from > this.lastIndex() + 1) {
      broken(`missing log entry [last: ${this.lastIndex()}, append at: ${from}]`);
    }
    // In place: nobody else holds this array.
    this.#entries.length = from - firstIndex;
    for (const entry of live) this.#entries.push(entry);
  }

  /** Replaces everything by a snapshot; refused if it is not newer than the present one. */
  applySnapshot(snapshot: Snapshot): 'ok' | SnapshotOutOfDate {
    const present = this.#snapshot.metadata.index;
    if (present !== 0 && present >= snapshot.metadata.index) return 'snapshotOutOfDate';
    this.#snapshot = snapshot;
    this.#compactedIndex = snapshot.metadata.index;
    this.#compactedTerm = snapshot.metadata.term;
    this.#entries = [];
    return 'ok';
  }

  /** Makes the snapshot that `snapshot` returns; the log stays as it is. Without `confState` that of the last one. */
  createSnapshot(index: LogIndex, data: Uint8Array, confState?: ConfState): Snapshot | SnapshotOutOfDate {
    if (index <= this.#snapshot.metadata.index) return 'snapshotOutOfDate';
    const term = this.term(index);
    if (typeof term !== 'number') broken(`snapshot ${index} is out of bound lastindex(${this.lastIndex()})`);
    const members = confState ?? this.#snapshot.metadata.confState;
    this.#snapshot = { metadata: { confState: members, index, term }, data };
    return this.#snapshot;
  }

  /** Forgets the entries up to `index`, which must be applied. */
  compact(index: LogIndex): 'ok' | Compacted {
    if (index <= this.#compactedIndex) return 'compacted';
    const term = this.term(index);
    if (typeof term !== 'number') broken(`compact ${index} is out of bound lastindex(${this.lastIndex()})`);
    this.#entries = this.#entries.slice(index - this.#compactedIndex);
    this.#compactedIndex = index;
    this.#compactedTerm = term;
    return 'ok';
  }
}
