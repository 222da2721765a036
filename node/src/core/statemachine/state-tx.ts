// SPDX-License-Identifier: Apache-2.0
import { compareBytes } from '@shortlink/common/bytes.ts';
import { KeyTable } from './key-table.ts';
import type { ShardScope } from './keys.ts';
import { scanAll } from './scan-all.ts';
import type { StateRange, StateReader } from './state-reader.ts';

export interface StateWrite {
  readonly key: Uint8Array;
  /** Undefined deletes the row. */
  readonly value: Uint8Array | undefined;
}

interface KnownRow {
  readonly key: Uint8Array;
  value: Uint8Array | undefined;
}

/**
 * The effects of some entries that are not in the store yet, over the rows that are. Lives for one batch: the engine
 * applies one or more entries, writes `writes` and the shard-state row in ONE batch, runs `droppedRanges` and forgets it.
 */
export class StateTx {
  readonly scope: ShardScope;
  /** Ranges whose rows nobody looks up any more. To be removed after the batch; losing one costs only space. */
  readonly droppedRanges: StateRange[] = [];
  readonly #reader: StateReader;
  readonly #known = new KeyTable<KnownRow>();
  readonly #writes: StateWrite[] = [];

  constructor(reader: StateReader, scope: ShardScope) {
    this.#reader = reader;
    this.scope = scope;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const row = this.#known.find(key);
    if (row !== undefined) return row.value;
    const value = this.#reader.get(key);
    this.#known.add({ key, value });
    return value;
  }

  /** Reads what is not known yet in one call of the store, for the `get`s that follow. */
  prefetch(keys: readonly Uint8Array[]): void {
    const missing: KnownRow[] = [];
    for (const key of keys) {
      if (this.#known.find(key) !== undefined) continue;
      const row = { key, value: undefined };
      this.#known.add(row);
      missing.push(row);
    }
    if (missing.length === 0) return;
    const values = this.#reader.getMany(missing.map(({ key }) => key));
    for (const [i, row] of missing.entries()) row.value = values[i];
  }

  /** Values of every row of a range, in no order: for ranges that are known to be small. */
  values({ gte, lt }: StateRange): Uint8Array[] {
    const written = new KeyTable<KnownRow>();
    const rows: KnownRow[] = [];
    for (const { key, value } of this.#writes) {
      if (compareBytes(gte, key) > 0 || compareBytes(key, lt) >= 0) continue;
      const known = written.find(key);
      if (known !== undefined) {
        known.value = value;
        continue;
      }
      const row = { key, value };
      written.add(row);
      rows.push(row);
    }
    const stored = scanAll(this.#reader, { gte, lt }).filter(({ key }) => written.find(key) === undefined);
    return [...stored, ...rows].map(({ value }) => value).filter((value) => value !== undefined);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#write(key, value);
  }

  /** As `put`, for rows that no `get` asks for. */
  append(key: Uint8Array, value: Uint8Array): void {
    this.#writes.push({ key, value });
  }

  delete(key: Uint8Array): void {
    this.#write(key, undefined);
  }

  /** In their order: of several writes of one key the last one counts. Deletes of rows that were never there are among them. */
  get writes(): readonly StateWrite[] {
    return this.#writes;
  }

  #write(key: Uint8Array, value: Uint8Array | undefined): void {
    const row = this.#known.find(key);
    if (row === undefined) this.#known.add({ key, value });
    else row.value = value;
    this.#writes.push({ key, value });
  }
}
