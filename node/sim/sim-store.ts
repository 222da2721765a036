// SPDX-License-Identifier: Apache-2.0
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

export interface StoreHooks {
  /** May end the process by a throw: nothing of the write is on the platter then. */
  readonly beforeWrite: (sync: boolean) => void;
  /** May end the process by a throw: the write is as durable as `sync` says. */
  readonly afterWrite: (sync: boolean) => void;
  /** For mutants: what the store really does about `sync`. */
  readonly honoursSync: boolean;
}

/** The fake disk with the moments in which a process dies in the middle of a turn. */
export class SimStore implements KvEngine {
  readonly #disk: KvEngine;
  readonly #hooks: StoreHooks;

  constructor(disk: KvEngine, hooks: StoreHooks) {
    this.#disk = disk;
    this.#hooks = hooks;
  }

  get(column: Column, key: Uint8Array): Uint8Array | undefined {
    return this.#disk.get(column, key);
  }

  getMany(column: Column, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return this.#disk.getMany(column, keys);
  }

  scan(column: Column, range: KeyRange, options: ScanOptions): Row[] {
    return this.#disk.scan(column, range, options);
  }

  cursor(column: Column, range: KeyRange): Cursor {
    return this.#disk.cursor(column, range);
  }

  batch(): WriteBatch {
    return this.#disk.batch();
  }

  write(batch: WriteBatch, options: WriteOptions): void {
    this.#hooks.beforeWrite(options.sync);
    this.#disk.write(batch, { sync: options.sync && this.#hooks.honoursSync });
    this.#hooks.afterWrite(options.sync);
  }

  deleteRange(column: Column, range: KeyRange): void {
    this.#hooks.beforeWrite(false);
    this.#disk.deleteRange(column, range);
    this.#hooks.afterWrite(false);
  }

  async close(): Promise<void> {
    await this.#disk.close();
  }
}
