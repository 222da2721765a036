// SPDX-License-Identifier: Apache-2.0
import type {
  ColumnFamily,
  DatabaseContext,
  IteratorOptions,
  NativeIterator,
  Page,
  ReadOptions,
} from 'rocksdb/binding.js';
import binding from 'rocksdb/binding.js';
import { defined } from '@shortlink/common/assert.ts';
import { compareBytes } from '@shortlink/common/bytes.ts';
import type { Column, Cursor, KeyRange, KvReader, Row, ScanOptions } from '../../ports/kv-engine.ts';
import { storeError } from './rocks-errors.ts';
import type { RocksGate } from './rocks-gate.ts';
import { columnFamilyNames } from './rocks-options.ts';

/** Read and write options by column. Of `state` undefined, which is the default column family: it saves the binding six property look-ups a call. */
export type ColumnOptions = Readonly<Record<Column, ReadOptions | undefined>>;

export function columnOptions(families: Readonly<Record<string, ColumnFamily>>): ColumnOptions {
  return {
    state: undefined,
    raft: { column: defined(families[columnFamilyNames.raft], 'column family raft') },
    meta: { column: defined(families[columnFamilyNames.meta], 'column family meta') },
  };
}

const maxInt32 = 0x7fff_ffff;

function iteratorOptions(column: ColumnFamily | undefined, range: KeyRange): IteratorOptions {
  return {
    column,
    gte: range.gte,
    lt: range.lt,
    reverse: false,
    limit: -1,
    highWaterMarkBytes: maxInt32,
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    fillCache: false,
    // Asynchronous reads inside RocksDB pay off for remote disks only, and cost a set-up for every iterator.
    asyncIO: false,
  };
}

function toRows(page: Page): Row[] {
  const rows: Row[] = [];
  for (let i = 0; i + 1 < page.rows.length; i += 2) {
    rows.push({ key: defined(page.rows[i], 'key'), value: defined(page.rows[i + 1], 'value') });
  }
  return rows;
}

function isEmptyRange(range: KeyRange): boolean {
  return compareBytes(range.gte, range.lt) >= 0;
}

/** Synchronous reads of an open database, on the owner's thread or another one. */
export class RocksKvReader implements KvReader {
  readonly #db: DatabaseContext;
  readonly #columns: ColumnOptions;
  readonly #gate: RocksGate;
  /** Reused, so that a point read allocates nothing but its answer. */
  readonly #oneKey: Uint8Array[] = [];

  constructor(db: DatabaseContext, columns: ColumnOptions, gate: RocksGate) {
    this.#db = db;
    this.#columns = columns;
    this.#gate = gate;
  }

  get(column: Column, key: Uint8Array): Uint8Array | undefined {
    this.#oneKey[0] = key;
    return this.getMany(column, this.#oneKey)[0];
  }

  getMany(column: Column, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    this.#gate.enter();
    let values: (Uint8Array | null | undefined)[];
    try {
      values = binding.db_get_many_sync(this.#db, keys, this.#columns[column]);
    } catch (error) {
      throw this.#failed(error, `reading ${column}`);
    } finally {
      this.#gate.leave();
    }
    if (isComplete(values)) return values;
    throw this.#failed(new Error('a read was aborted'), `reading ${column}`);
  }

  scan(column: Column, range: KeyRange, options: ScanOptions): Row[] {
    this.#gate.enter();
    try {
      if (options.limit <= 0 || isEmptyRange(range)) return [];
      return toRows(
        binding.db_query(this.#db, {
          ...iteratorOptions(this.#columns[column]?.column, range),
          reverse: options.reverse ?? false,
          limit: Math.min(options.limit, maxInt32),
          highWaterMarkBytes: Math.min(options.maxBytes ?? maxInt32, maxInt32),
          fillCache: true,
        }),
      );
    } catch (error) {
      throw this.#failed(error, `scanning ${column}`);
    } finally {
      this.#gate.leave();
    }
  }

  cursor(column: Column, range: KeyRange): Cursor {
    this.#gate.enter();
    try {
      const iterator = isEmptyRange(range)
        ? undefined
        : binding.iterator_init(this.#db, iteratorOptions(this.#columns[column]?.column, range));
      return new RocksCursor(iterator, this.#gate, (error) => this.#failed(error, `scanning ${column}`));
    } catch (error) {
      throw this.#failed(error, `opening a cursor over ${column}`);
    } finally {
      this.#gate.leave();
    }
  }

  /** A read that fails leaves unknown what else is broken: it ends the use of the store as a failed write does. */
  #failed(error: unknown, doing: string): Error {
    this.#gate.fail();
    return storeError(error, doing);
  }
}

function isComplete(values: (Uint8Array | null | undefined)[]): values is (Uint8Array | undefined)[] {
  return !values.includes(null);
}

class RocksCursor implements Cursor {
  #iterator: NativeIterator | undefined;
  readonly #gate: RocksGate;
  readonly #failed: (error: unknown) => Error;
  #finished = false;

  constructor(iterator: NativeIterator | undefined, gate: RocksGate, failed: (error: unknown) => Error) {
    this.#iterator = iterator;
    this.#gate = gate;
    this.#failed = failed;
    this.#finished = iterator === undefined;
  }

  next(limit: number): Row[] {
    this.#gate.enter();
    try {
      if (this.#finished || this.#iterator === undefined || limit <= 0) return [];
      const page = binding.iterator_nextv_sync(this.#iterator, limit);
      // Asked again after its end, RocksDB's iterator would be moved from an invalid position.
      this.#finished = page.finished;
      return toRows(page);
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#gate.leave();
    }
  }

  seek(key: Uint8Array): void {
    if (this.#iterator === undefined) return;
    this.#gate.enter();
    try {
      binding.iterator_seek(this.#iterator, key);
      this.#finished = false;
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#gate.leave();
    }
  }

  close(): void {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    this.#finished = true;
    if (iterator === undefined || !this.#gate.enterToRelease()) return;
    try {
      binding.iterator_close(iterator);
    } finally {
      this.#gate.leave();
    }
  }
}
