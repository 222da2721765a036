// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type {
  Column,
  Cursor,
  KeyRange,
  KvEngine,
  Row,
  ScanOptions,
  WriteBatch,
  WriteOptions,
} from '../src/ports/kv-engine.ts';
import { StoreCorruptError, StoreFailedError } from '../src/ports/kv-engine.ts';
import type { Random } from '../src/ports/random.ts';
import { SortedBytesMap, iterateRows } from './sorted-bytes-map.ts';

type Operation =
  | { readonly type: 'put'; readonly column: Column; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly column: Column; readonly key: Uint8Array }
  | { readonly type: 'deleteRange'; readonly column: Column; readonly range: KeyRange };

/** One record of the write-ahead log: survives whole or not at all. */
type LogRecord = readonly Operation[];

type Maps = Readonly<Record<Column, SortedBytesMap>>;

function makeMaps(): Maps {
  return { raft: new SortedBytesMap(), state: new SortedBytesMap(), meta: new SortedBytesMap() };
}

function copyMaps({ raft, state, meta }: Maps): Maps {
  return {
    raft: new SortedBytesMap(raft.snapshot()),
    state: new SortedBytesMap(state.snapshot()),
    meta: new SortedBytesMap(meta.snapshot()),
  };
}

function apply(maps: Maps, record: LogRecord): void {
  for (const operation of record) {
    const map = maps[operation.column];
    if (operation.type === 'put') map.set(operation.key, operation.value);
    else if (operation.type === 'delete') map.delete(operation.key);
    else map.deleteRange(operation.range);
  }
}

/**
 * What lies on one node's disk, whichever process uses it: rows that a synchronous write has made durable, and the records
 * after it, of which a crash keeps a prefix, as a write-ahead log does.
 */
export class FakePlatter {
  readonly #durable: Maps;
  #unsynced: LogRecord[] = [];
  #owner: FakeDisk | undefined;
  #corrupt: string | undefined;

  constructor(durable: Maps = makeMaps()) {
    this.#durable = durable;
  }

  /** Another platter with the same durable rows. */
  fork(): FakePlatter {
    return new FakePlatter(copyMaps(this.#durable));
  }

  /** Records that a crash may still lose. */
  get unsyncedRecords(): number {
    return this.#unsynced.length;
  }

  /** The next engine that opens this platter is told that its data is corrupt. */
  corrupt(reason: string): void {
    this.#corrupt = reason;
  }

  /** @throws StoreCorruptError after `corrupt`, StoreFailedError while another engine uses the platter. */
  attach(owner: FakeDisk): Maps {
    if (this.#owner !== undefined) throw new StoreFailedError('another process uses the store');
    if (this.#corrupt !== undefined) throw new StoreCorruptError(this.#corrupt);
    this.#owner = owner;
    this.sync();
    return copyMaps(this.#durable);
  }

  detach(owner: FakeDisk): void {
    assert(this.#owner === owner, 'only its owner lets go of a platter');
    this.#owner = undefined;
  }

  append(record: LogRecord): void {
    this.#unsynced.push(record);
  }

  sync(): void {
    for (const record of this.#unsynced) apply(this.#durable, record);
    this.#unsynced = [];
  }

  /** Keeps the first `records` of what was not synced and forgets the rest. */
  loseAfter(records: number): void {
    this.#unsynced.length = Math.min(records, this.#unsynced.length);
  }
}

export interface FakeWrite {
  readonly sync: boolean;
  readonly operations: number;
  /** Bytes of keys and values. */
  readonly bytes: number;
}

export interface FakeDiskOptions {
  /** Told of every batch that succeeded. */
  readonly onWrite?: ((write: FakeWrite) => void) | undefined;
}

type Condition = 'open' | 'failed' | 'closed' | 'crashed';

/** A KvEngine in memory with the crash semantics of a write-ahead log. One at a time uses a platter. */
export class FakeDisk implements KvEngine {
  readonly #platter: FakePlatter;
  readonly #maps: Maps;
  readonly #onWrite: ((write: FakeWrite) => void) | undefined;
  #condition: Condition = 'open';
  #failNext = false;

  constructor(platter: FakePlatter, options: FakeDiskOptions = {}) {
    this.#platter = platter;
    this.#onWrite = options.onWrite;
    this.#maps = platter.attach(this);
  }

  /** The process dies: of the records after the last sync a random prefix survives. Open a new FakeDisk on the platter. */
  crash(random: Random): void {
    if (this.#condition === 'closed' || this.#condition === 'crashed') return;
    this.#condition = 'crashed';
    this.#platter.loseAfter(random.int(this.#platter.unsyncedRecords + 1));
    this.#platter.detach(this);
  }

  /** The next write or range delete fails; whether its data is on disk shows only after the crash that must follow. */
  failNextWrite(): void {
    this.#failNext = true;
  }

  get(column: Column, key: Uint8Array): Uint8Array | undefined {
    this.#assertUsable();
    return this.#maps[column].get(key)?.slice();
  }

  getMany(column: Column, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.#assertUsable();
    return keys.map((key) => this.#maps[column].get(key)?.slice());
  }

  scan(column: Column, range: KeyRange, options: ScanOptions): Row[] {
    this.#assertUsable();
    const rows: Row[] = [];
    if (options.limit <= 0) return rows;
    let bytes = 0;
    for (const row of this.#maps[column].iterate(range, options.reverse)) {
      rows.push(copyRow(row));
      bytes += row.key.length + row.value.length;
      if (rows.length >= options.limit || (options.maxBytes !== undefined && bytes > options.maxBytes)) break;
    }
    return rows;
  }

  cursor(column: Column, range: KeyRange): Cursor {
    this.#assertUsable();
    const lt = range.lt.slice();
    const { pages } = this.#maps[column].snapshot();
    const from: RowsFrom = (gte) => iterateRows(pages, { gte, lt }, false);
    return new FakeCursor(range.gte.slice(), from, () => this.#assertUsable());
  }

  batch(): FakeBatch {
    return new FakeBatch();
  }

  write(batch: WriteBatch, options: WriteOptions): void {
    assert(batch instanceof FakeBatch, 'a batch is written by the store that made it');
    const record = batch.take();
    this.#log(record, options.sync);
    this.#onWrite?.({ sync: options.sync, operations: record.length, bytes: batch.bytes });
  }

  deleteRange(column: Column, range: KeyRange): void {
    this.#log([{ type: 'deleteRange', column, range: { gte: range.gte.slice(), lt: range.lt.slice() } }], false);
  }

  async close(): Promise<void> {
    if (this.#condition === 'closed' || this.#condition === 'crashed') return;
    if (this.#condition === 'open') this.#platter.sync();
    this.#condition = 'closed';
    this.#platter.detach(this);
    return Promise.resolve();
  }

  #log(record: LogRecord, sync: boolean): void {
    this.#assertUsable();
    this.#platter.append(record);
    if (this.#failNext) {
      this.#condition = 'failed';
      throw new StoreFailedError('the fake disk fails this write');
    }
    if (sync) this.#platter.sync();
    apply(this.#maps, record);
  }

  #assertUsable(): void {
    if (this.#condition !== 'open') throw new StoreFailedError(`the store is ${this.#condition}`);
  }
}

export class FakeBatch implements WriteBatch {
  #operations: Operation[] | undefined = [];
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  put(column: Column, key: Uint8Array, value: Uint8Array): void {
    this.#add({ type: 'put', column, key: key.slice(), value: value.slice() });
    this.#bytes += key.length + value.length;
  }

  delete(column: Column, key: Uint8Array): void {
    this.#add({ type: 'delete', column, key: key.slice() });
    this.#bytes += key.length;
  }

  take(): LogRecord {
    const operations = this.#operations;
    assert(operations !== undefined, 'a batch is written only once');
    this.#operations = undefined;
    return operations;
  }

  #add(operation: Operation): void {
    assert(this.#operations !== undefined, 'nothing is added to a batch that is written');
    this.#operations.push(operation);
    this.#count++;
  }
}

type RowsFrom = (key: Uint8Array) => Iterator<Row, void, undefined>;

class FakeCursor implements Cursor {
  readonly #from: RowsFrom;
  readonly #assertUsable: () => void;
  #rows: Iterator<Row, void, undefined>;
  #closed = false;

  constructor(first: Uint8Array, from: RowsFrom, assertUsable: () => void) {
    this.#from = from;
    this.#assertUsable = assertUsable;
    this.#rows = from(first);
  }

  next(limit: number): Row[] {
    this.#assertUsable();
    const page: Row[] = [];
    while (!this.#closed && page.length < limit) {
      const next = this.#rows.next();
      if (next.done === true) break;
      page.push(copyRow(next.value));
    }
    return page;
  }

  seek(key: Uint8Array): void {
    this.#assertUsable();
    this.#rows = this.#from(key.slice());
  }

  close(): void {
    this.#closed = true;
  }
}

function copyRow(row: Row): Row {
  return { key: row.key.slice(), value: row.value.slice() };
}
