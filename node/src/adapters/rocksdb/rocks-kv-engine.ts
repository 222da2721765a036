// SPDX-License-Identifier: Apache-2.0
import type { DatabaseContext } from 'rocksdb/binding.js';
import binding from 'rocksdb/binding.js';
import { assert, defined } from '@shortlink/common/assert.ts';
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
import { RocksBatch, RocksBatchPool } from './rocks-batch.ts';
import { storeError } from './rocks-errors.ts';
import { RocksGate } from './rocks-gate.ts';
import type { ColumnOptions } from './rocks-kv-reader.ts';
import { RocksKvReader, columnOptions } from './rocks-kv-reader.ts';
import type { RocksBudget } from './rocks-options.ts';
import { defaultRocksBudget, openOptions } from './rocks-options.ts';

export interface RocksOpenOptions {
  /** Directory of the database; made when missing. */
  readonly path: string;
  readonly budget?: RocksBudget | undefined;
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

  private constructor(db: DatabaseContext, columns: ColumnOptions) {
    this.#db = db;
    this.#columns = columns;
    this.#gate = new RocksGate();
    this.#reader = new RocksKvReader(db, columns, this.#gate);
  }

  /** @throws StoreCorruptError, or StoreFailedError when the directory cannot be used or another process has it open. */
  static async open(options: RocksOpenOptions): Promise<RocksKvEngine> {
    const db = binding.db_init(options.path);
    try {
      const families = await new Promise<Parameters<typeof columnOptions>[0]>((resolve, reject) => {
        binding.db_open(db, openOptions(options.budget ?? defaultRocksBudget), (error, columns) => {
          if (error === null) resolve(defined(columns, 'column families'));
          else reject(error);
        });
      });
      return new RocksKvEngine(db, columnOptions(families));
    } catch (error) {
      throw storeError(error, `opening ${options.path}`);
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
