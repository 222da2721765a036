// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import type { ColumnFamily, DatabaseContext, OpenOptions } from 'rocksdb/binding.js';
import binding from 'rocksdb/binding.js';
import { InvariantError, assert, defined } from '@shortlink/common/assert.ts';
import { compareBytes } from '@shortlink/common/bytes.ts';
import type {
  Column,
  Cursor,
  KeyRange,
  KvEngine,
  KvReader,
  Row,
  ScanOptions,
  WriteBatch,
  WriteOptions,
} from '../../ports/kv-engine.ts';
import { StoreCorruptError } from '../../ports/kv-engine.ts';
import { RocksBatch, RocksBatchPool } from './rocks-batch.ts';
import { isLocked, storeError } from './rocks-errors.ts';
import { RocksGate } from './rocks-gate.ts';
import type { ColumnOptions } from './rocks-kv-reader.ts';
import { RocksKvReader, columnOptions } from './rocks-kv-reader.ts';
import type { RocksBudget } from './rocks-options.ts';
import { defaultRocksBudget, openOptions } from './rocks-options.ts';
import { checkStoreFiles, findStore } from './store-files.ts';
import type { WalCheck } from './wal-scan.ts';

export interface RocksOpenOptions {
  /** Directory of the database; made when missing. */
  readonly path: string;
  readonly budget?: RocksBudget | undefined;
  /** True when this node has stored data here before: an empty directory is then a loss, not a beginning. */
  readonly mustExist?: boolean | undefined;
}

/** What another thread needs to read the same database; survives postMessage. */
export interface RocksHandle {
  readonly pointer: bigint;
  readonly gate: Int32Array<SharedArrayBuffer>;
}

/** How long a close waits for calls of other threads; a point read or a page takes far less. */
const closeTimeoutMs = 10_000;
const syncWrite: { readonly sync: boolean } = { sync: true };

/** The store of a node over RocksDB. One instance a process owns the database; other threads read through its handle. */
export class RocksKvEngine implements KvEngine {
  readonly #db: DatabaseContext;
  readonly #columns: ColumnOptions;
  readonly #gate: RocksGate;
  readonly #reader: RocksKvReader;
  readonly #batches = new RocksBatchPool();

  /** What the logs looked like before the database was opened. */
  readonly walCheck: WalCheck;

  private constructor(db: DatabaseContext, columns: ColumnOptions, walCheck: WalCheck) {
    this.#db = db;
    this.#columns = columns;
    this.#gate = new RocksGate();
    this.#reader = new RocksKvReader(db, columns, this.#gate);
    this.walCheck = walCheck;
  }

  /**
   * Opens the database after its files were checked, and makes it when there is none.
   * @throws StoreCorruptError, or StoreFailedError when the directory cannot be used or another process has it open.
   */
  static async open(options: RocksOpenOptions): Promise<RocksKvEngine> {
    const { path } = options;
    const native = openOptions(options.budget ?? defaultRocksBudget);
    const found = findStore(path);
    if (found === 'missing') {
      if (options.mustExist === true)
        throw new StoreCorruptError(`${path} holds no store, but this node has had one there`);
      mkdirSync(path, { recursive: true });
    } else {
      // The check reads files that an owner would be changing.
      await assertUnlocked(path, native);
    }
    const walCheck = checkStoreFiles(path, found);
    try {
      const opened = await openNative(path, { ...native, createIfMissing: found === 'missing' });
      return new RocksKvEngine(opened.db, columnOptions(opened.families), walCheck);
    } catch (error) {
      throw storeError(error, `opening ${path}`);
    }
  }

  get handle(): RocksHandle {
    return { pointer: binding.db_get_handle(this.#db), gate: this.#gate.words };
  }

  get(column: Column, key: Uint8Array): Uint8Array | undefined {
    return this.#reader.get(column, key);
  }

  getMany(column: Column, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return this.#reader.getMany(column, keys);
  }

  scan(column: Column, range: KeyRange, options: ScanOptions): Row[] {
    return this.#reader.scan(column, range, options);
  }

  cursor(column: Column, range: KeyRange): Cursor {
    return this.#reader.cursor(column, range);
  }

  batch(): RocksBatch {
    return new RocksBatch(this.#batches.acquire(), this.#columns);
  }

  write(batch: WriteBatch, options: WriteOptions): void {
    assert(batch instanceof RocksBatch, 'a batch is written by the store that made it');
    const native = batch.take();
    this.#gate.enter();
    try {
      binding.batch_write(this.#db, native, options.sync ? syncWrite : undefined);
      this.#batches.release(native, batch.bytes);
    } catch (error) {
      throw this.#failed(error, options.sync ? 'writing with fsync' : 'writing');
    } finally {
      this.#gate.leave();
    }
  }

  deleteRange(column: Column, range: KeyRange): void {
    this.#gate.enter();
    try {
      if (compareBytes(range.gte, range.lt) >= 0) return;
      binding.db_clear(this.#db, { column: this.#columns[column]?.column, gte: range.gte, lt: range.lt });
    } catch (error) {
      throw this.#failed(error, 'deleting a range');
    } finally {
      this.#gate.leave();
    }
  }

  /** An integer property of RocksDB, such as `rocksdb.estimate-num-keys`; undefined when there is none of this name. */
  property(name: string): number | undefined {
    this.#gate.enter();
    try {
      const text = binding.db_get_property(this.#db, name);
      return text === '' ? undefined : Number(text);
    } finally {
      this.#gate.leave();
    }
  }

  async close(): Promise<void> {
    if (!this.#gate.close()) return;
    await this.#gate.drained(closeTimeoutMs);
    await new Promise<void>((resolve, reject) => {
      binding.db_close(this.#db, (error) => {
        if (error === null) resolve();
        else reject(storeError(error, 'closing'));
      });
    });
  }

  /** After a failed fsync the kernel may report success the next time and still have lost the pages: no second try. */
  #failed(error: unknown, doing: string): Error {
    this.#gate.fail();
    return storeError(error, doing);
  }
}

interface OpenedNative {
  readonly db: DatabaseContext;
  readonly families: Readonly<Record<string, ColumnFamily>>;
}

function openNative(path: string, options: OpenOptions): Promise<OpenedNative> {
  const db = binding.db_init(path);
  return new Promise((resolve, reject) => {
    binding.db_open(db, options, (error, families) => {
      if (error === null) resolve({ db, families: defined(families, 'column families') });
      else reject(error);
    });
  });
}

/** RocksDB takes its file lock before it looks at anything, and with this option it goes no further. */
async function assertUnlocked(path: string, options: OpenOptions): Promise<void> {
  const probe = openNative(path, { ...options, createIfMissing: false, errorIfExists: true });
  const error: unknown = await probe.then(
    () => new InvariantError(`${path} was opened by a probe`),
    (reason: unknown) => reason,
  );
  if (isLocked(error) || error instanceof InvariantError) throw storeError(error, `opening ${path}`);
}

/** Reads of a database that another thread of this process owns. Never closes it. */
export function attachReader(handle: RocksHandle): KvReader {
  const gate = new RocksGate(handle.gate);
  gate.enter();
  try {
    const db = binding.db_init(handle.pointer);
    const families = binding.db_open(db, {}, () => {});
    return new RocksKvReader(db, columnOptions(defined(families, 'column families of an open database')), gate);
  } finally {
    gate.leave();
  }
}
