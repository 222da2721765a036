// SPDX-License-Identifier: Apache-2.0
import type { NativeBatch } from 'rocksdb/binding.js';
import binding from 'rocksdb/binding.js';
import { defined } from '@shortlink/common/assert.ts';
import type { Column, WriteBatch } from '../../ports/kv-engine.ts';
import type { ColumnOptions } from './rocks-kv-reader.ts';

/** A batch may be written once; its native memory is used again afterwards. */
export class RocksBatch implements WriteBatch {
  #native: NativeBatch | undefined;
  readonly #columns: ColumnOptions;
  #count = 0;
  #bytes = 0;

  constructor(native: NativeBatch, columns: ColumnOptions) {
    this.#native = native;
    this.#columns = columns;
  }

  get count(): number {
    return this.#count;
  }

  /** Keys and values. */
  get bytes(): number {
    return this.#bytes;
  }

  put(column: Column, key: Uint8Array, value: Uint8Array): void {
    binding.batch_put(defined(this.#native, 'a batch that is not written yet'), key, value, this.#columns[column]);
    this.#count++;
    this.#bytes += key.length + value.length;
  }

  delete(column: Column, key: Uint8Array): void {
    binding.batch_del(defined(this.#native, 'a batch that is not written yet'), key, this.#columns[column]);
    this.#count++;
    this.#bytes += key.length;
  }

  /** The native batch, which leaves this one. */
  take(): NativeBatch {
    const native = defined(this.#native, 'a batch that is not written yet');
    this.#native = undefined;
    return native;
  }
}

const maxPooled = 4;
/** RocksDB keeps the memory of a cleared batch; larger ones are left to the garbage collector. */
const maxPooledBytes = 1024 * 1024;

export class RocksBatchPool {
  readonly #free: NativeBatch[] = [];

  acquire(): NativeBatch {
    return this.#free.pop() ?? binding.batch_init();
  }

  release(native: NativeBatch, bytes: number): void {
    if (this.#free.length >= maxPooled || bytes > maxPooledBytes) return;
    binding.batch_clear(native);
    this.#free.push(native);
  }
}
