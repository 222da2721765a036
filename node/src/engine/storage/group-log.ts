// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import type {
  Compacted,
  InitialState,
  SnapshotTemporarilyUnavailable,
  Storage,
  Unavailable,
} from '../../core/raft/storage.ts';
import type { ConfState, Entry, HardState, Snapshot } from '../../core/raft/types.ts';
import type { KvEngine, WriteBatch } from '../../ports/kv-engine.ts';
import {
  decodeHardState,
  decodeLogEntry,
  decodeTruncation,
  encodeHardState,
  encodeLogEntry,
  encodeTruncation,
} from './log-codec.ts';
import type { Truncation } from './log-codec.ts';
import { entryIndexOf, entryKey, entryRange, hardStateKey, truncationKey } from './keys.ts';
import type { ReplicaKey } from './keys.ts';
import { LogBytes } from './log-bytes.ts';

/** Newest entries that are kept in memory, so that the steady state never reads the log from disk. */
const cacheMaxBytes = 4 * 1024 * 1024;
const readPageRows = 256;
/** Entries at the end whose size stands for all that a restart finds. */
const sampleRows = 64;

/** What the log asks of its replica: the state it could send, as of this moment. */
export interface SnapshotMaker {
  /** Of the state as it was found on disk. */
  readonly appliedIndex: number;
  confState(): ConfState;
  snapshot(): Snapshot | SnapshotTemporarilyUnavailable;
}

/**
 * The Raft log of one replica on the shared store. Reads answer at once; writes go into the batch of the turn and show
 * here immediately, because nothing reads them before that batch is durable (Raft asks only for stable entries).
 */
export class GroupLog implements Storage {
  readonly #store: KvEngine;
  readonly #replica: ReplicaKey;
  readonly #maker: SnapshotMaker;
  #hardState: HardState | undefined;
  #truncation: Truncation;
  #lastIndex: number;
  /** Consecutive entries up to #lastIndex. */
  #cache: Entry[] = [];
  #cacheBytes = 0;
  readonly #bytes = new LogBytes();

  /** @throws DecodeError when what is on disk is not what was written; the replica must not start. */
  constructor(store: KvEngine, replica: ReplicaKey, maker: SnapshotMaker) {
    this.#store = store;
    this.#replica = replica;
    this.#maker = maker;
    const hardState = store.get('raft', hardStateKey(replica));
    this.#hardState = hardState === undefined ? undefined : decodeHardState(hardState);
    const truncation = store.get('raft', truncationKey(replica));
    this.#truncation = truncation === undefined ? { index: 0, term: 0 } : decodeTruncation(truncation);
    this.#lastIndex = this.#findLastIndex();
    this.#estimateBytes();
  }

  /** What was applied had been committed, also when the crash came before the hard state that says so was written. */
  initialState(): InitialState {
    const { appliedIndex } = this.#maker;
    const saved = this.#hardState;
    const hardState = saved && { ...saved, commit: Math.max(saved.commit, appliedIndex) };
    return { hardState, confState: this.#maker.confState() };
  }

  entries(lo: number, hi: number, maxBytes: number): readonly Entry[] | Compacted | Unavailable {
    if (lo <= this.#truncation.index) return 'compacted';
    if (hi > this.#lastIndex + 1) return 'unavailable';
    const out: Entry[] = [];
    let bytes = 0;
    for (let index = lo; index < hi;) {
      const page = this.#page(index, hi);
      for (const entry of page) {
        bytes += entrySizeBytes(entry);
        if (out.length > 0 && bytes > maxBytes) return out;
        out.push(entry);
      }
      index += page.length;
    }
    return out;
  }

  term(index: number): number | Compacted | Unavailable {
    if (index === this.#truncation.index) return this.#truncation.term;
    if (index < this.#truncation.index) return 'compacted';
    if (index > this.#lastIndex) return 'unavailable';
    return defined(this.#page(index, index + 1)[0], `log entry ${index}`).term;
  }

  firstIndex(): number {
    return this.#truncation.index + 1;
  }

  lastIndex(): number {
    return this.#lastIndex;
  }

  snapshot(): Snapshot | SnapshotTemporarilyUnavailable {
    return this.#maker.snapshot();
  }

  /** Roughly, entries alone. */
  get sizeBytes(): number {
    return this.#bytes.total;
  }

  bytesUpTo(index: number): number {
    return this.#bytes.upTo(index);
  }

  /** The lowest index behind which there are at most so many bytes, roughly. */
  indexBehind(maxBytes: number): number {
    return this.#bytes.indexBehind(maxBytes);
  }

  get hardState(): HardState | undefined {
    return this.#hardState;
  }

  putHardState(state: HardState, batch: WriteBatch): void {
    this.#hardState = state;
    batch.put('raft', hardStateKey(this.#replica), encodeHardState(state));
  }

  /** Entries that follow the log or replace its tail from the first one on. */
  append(entries: readonly Entry[], batch: WriteBatch): void {
    const first = entries[0];
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return;
    assert(
      first.index > this.#truncation.index && first.index <= this.#lastIndex + 1,
      `append at ${first.index} leaves a gap after ${this.#lastIndex}`,
    );
    for (const entry of entries) batch.put('raft', entryKey(this.#replica, entry.index), encodeLogEntry(entry));
    for (let index = last.index + 1; index <= this.#lastIndex; index++)
      batch.delete('raft', entryKey(this.#replica, index));
    this.#truncateCacheFrom(first.index);
    this.#bytes.dropFrom(first.index);
    for (const entry of entries) {
      this.#bytes.add(entry.index, entrySizeBytes(entry));
      this.#cache.push(entry);
      this.#cacheBytes += entrySizeBytes(entry);
    }
    this.#lastIndex = last.index;
    this.#evict();
  }

  /** Forgets the entries up to `index`; their rows go with `sweep` once this record is in the store. */
  truncate(index: number, batch: WriteBatch): void {
    const term = this.term(index);
    assert(typeof term === 'number', `truncation at ${index} outside of the log`);
    this.#setTruncation({ index, term }, batch);
    this.#bytes.dropUpTo(index);
    const keepFrom = this.#cache.findIndex((entry) => entry.index > index);
    this.#dropFromCache(keepFrom === -1 ? this.#cache.length : keepFrom);
  }

  /**
   * Starts over behind a snapshot that was installed. Entries behind it go in the same batch: after a restart they would
   * look like the tail of the log, although they may be an old leader's.
   */
  reset(truncation: Truncation, batch: WriteBatch): void {
    this.#setTruncation(truncation, batch);
    for (let index = truncation.index + 1; index <= this.#lastIndex; index++) {
      batch.delete('raft', entryKey(this.#replica, index));
    }
    this.#lastIndex = truncation.index;
    this.#bytes.dropFrom(0);
    this.#cache = [];
    this.#cacheBytes = 0;
  }

  /** Removes the rows of all entries that the log has forgotten, on either side. Idempotent. */
  sweep(): void {
    this.#store.deleteRange('raft', entryRange(this.#replica, 0, this.#truncation.index + 1));
  }

  #setTruncation(truncation: Truncation, batch: WriteBatch): void {
    this.#truncation = truncation;
    batch.put('raft', truncationKey(this.#replica), encodeTruncation(truncation));
  }

  #page(index: number, hi: number): readonly Entry[] {
    const cachedFrom = this.#cache[0]?.index;
    if (cachedFrom !== undefined && index >= cachedFrom) return this.#cache.slice(index - cachedFrom, hi - cachedFrom);
    const to = Math.min(hi, cachedFrom ?? hi);
    const rows = this.#store.scan('raft', entryRange(this.#replica, index, to), {
      limit: Math.min(readPageRows, to - index),
    });
    assert(rows.length > 0, `log entries from ${index} are missing on disk`);
    return rows.map((row, i) => decodeLogEntry(index + i, row.value));
  }

  #findLastIndex(): number {
    const all = entryRange(this.#replica, this.#truncation.index + 1, Number.MAX_SAFE_INTEGER);
    const last = this.#store.scan('raft', all, { limit: 1, reverse: true })[0];
    return last === undefined ? this.#truncation.index : entryIndexOf(last.key);
  }

  #truncateCacheFrom(index: number): void {
    while (this.#cache.length > 0 && defined(this.#cache.at(-1), 'cached entry').index >= index) {
      this.#cacheBytes -= entrySizeBytes(defined(this.#cache.pop(), 'cached entry'));
    }
  }

  #estimateBytes(): void {
    const first = this.#truncation.index + 1;
    if (first > this.#lastIndex) return;
    const range = entryRange(this.#replica, first, Number.MAX_SAFE_INTEGER);
    const sample = this.#store.scan('raft', range, { limit: sampleRows, reverse: true });
    const bytes = sample.reduce((sum, { value }) => sum + value.length, 0);
    for (let index = first; index <= this.#lastIndex; index++) this.#bytes.add(index, bytes / sample.length);
  }

  #evict(): void {
    if (this.#cacheBytes <= cacheMaxBytes) return;
    let drop = 0;
    let bytes = this.#cacheBytes;
    // Half at once, so that the cost of moving the array is shared by many appends.
    while (bytes > cacheMaxBytes / 2 && drop < this.#cache.length - 1)
      bytes -= entrySizeBytes(defined(this.#cache[drop++], 'cached entry'));
    this.#dropFromCache(drop);
  }

  #dropFromCache(count: number): void {
    for (const entry of this.#cache.splice(0, count)) this.#cacheBytes -= entrySizeBytes(entry);
  }
}

function entrySizeBytes(entry: Entry): number {
  return entry.data.length + 16;
}
