// SPDX-License-Identifier: Apache-2.0

/**
 * The native functions of @nxtedition/rocksdb 12.2.12 (its binding.cc) that the store uses. The package's own class adds
 * encodings and deferred opening, which cost time on every read and hide which call is synchronous; it publishes no types.
 */
declare module 'rocksdb/binding.js' {
  /** A database of this process. The owner's must stay referenced while any other thread reads through its pointer. */
  export interface DatabaseContext {
    readonly kind: unique symbol;
  }
  export interface ColumnFamily {
    readonly kind: unique symbol;
  }
  export interface NativeBatch {
    readonly kind: unique symbol;
  }
  export interface NativeIterator {
    readonly kind: unique symbol;
  }

  export interface ColumnFamilyOptions {
    /** A quarter of it is the size of one memtable; six of them are the most before writes stall. Needs `compaction`. */
    readonly memtableMemoryBudget: number;
    readonly compaction: 'level' | 'universal';
    /** Bytes of the column family's own block cache; 0: none. */
    readonly cacheSize: number;
    readonly cacheIndexAndFilterBlocks: boolean;
    readonly optimize?: 'point-lookup';
    readonly filterPolicy: string;
    readonly compression: boolean;
    readonly blockSize?: number;
  }

  export interface OpenOptions {
    readonly createIfMissing: boolean;
    readonly errorIfExists?: boolean;
    readonly walCompression: boolean;
    readonly parallelism: number;
    /** Must name `default`. */
    readonly columns: Readonly<Record<string, ColumnFamilyOptions>>;
  }

  export interface ReadOptions {
    /** Without it: the column family `default`. */
    readonly column?: ColumnFamily;
  }

  export interface IteratorOptions {
    readonly column?: ColumnFamily | undefined;
    readonly gte: Uint8Array;
    readonly lt: Uint8Array;
    readonly reverse: boolean;
    /** -1: no limit. */
    readonly limit: number;
    /** A page ends after the row that passes this many bytes. */
    readonly highWaterMarkBytes: number;
    readonly keyEncoding: 'buffer';
    readonly valueEncoding: 'buffer';
    readonly fillCache: boolean;
    readonly asyncIO: boolean;
  }

  export interface WriteOptions {
    readonly sync: boolean;
  }

  /** Keys and values in turn. */
  export interface Page {
    readonly rows: readonly Uint8Array[];
    readonly finished: boolean;
  }

  type Columns = Readonly<Record<string, ColumnFamily>>;

  interface Binding {
    /** A path, or the pointer that `db_get_handle` gave to another thread of this process. */
    db_init(locationOrPointer: string | bigint): DatabaseContext;
    /** Of a database that is open: its column families, at once. Otherwise undefined, and the callback has them. */
    db_open(
      db: DatabaseContext,
      options: OpenOptions | Record<string, never>,
      callback: (error: Error | null, columns?: Columns) => void,
    ): Columns | undefined;
    db_get_handle(db: DatabaseContext): bigint;
    db_close(db: DatabaseContext, callback: (error: Error | null) => void): void;
    db_get_many_sync(
      db: DatabaseContext,
      keys: readonly Uint8Array[],
      options: ReadOptions | undefined,
    ): (Uint8Array | null | undefined)[];
    /** Deletes a range by a range tombstone, without waiting for the disk. */
    db_clear(
      db: DatabaseContext,
      options: { readonly column?: ColumnFamily | undefined; readonly gte: Uint8Array; readonly lt: Uint8Array },
    ): void;
    db_get_property(db: DatabaseContext, name: string): string;
    db_query(db: DatabaseContext, options: IteratorOptions): Page;
    iterator_init(db: DatabaseContext, options: IteratorOptions): NativeIterator;
    /** The next page begins with the first row at or after `target`. */
    iterator_seek(iterator: NativeIterator, target: Uint8Array): void;
    iterator_nextv_sync(iterator: NativeIterator, count: number): Page;
    iterator_close(iterator: NativeIterator): void;
    batch_init(): NativeBatch;
    batch_put(batch: NativeBatch, key: Uint8Array, value: Uint8Array, options: ReadOptions | undefined): void;
    batch_del(batch: NativeBatch, key: Uint8Array, options: ReadOptions | undefined): void;
    batch_clear(batch: NativeBatch): void;
    batch_write(db: DatabaseContext, batch: NativeBatch, options: WriteOptions | undefined): void;
  }

  const binding: Binding;
  export default binding;
}
