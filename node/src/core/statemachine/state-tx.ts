// SPDX-License-Identifier: Apache-2.0
import { compareBytes } from '@shortlink/common/bytes.ts';
import type { ShardScope } from './keys.ts';
import { scanAll } from './scan-all.ts';
import type { StateRange, StateReader } from './state-reader.ts';

export interface StateWrite {
  readonly key: Uint8Array;
  /** Undefined deletes the row. */
  readonly value: Uint8Array | undefined;
}

interface OverlayRow {
  readonly key: Uint8Array;
  value: Uint8Array | undefined;
  written: boolean;
}

/**
 * The effects of some entries that are not in the store yet, over the rows that are. Lives for one batch: the engine
 * applies one or more entries, writes `writes()` and the shard-state row in ONE batch, runs `droppedRanges` and forgets it.
 */
export class StateTx {
  readonly scope: ShardScope;
  /** Ranges whose rows nobody looks up any more. To be removed after the batch; losing one costs only space. */
  readonly droppedRanges: StateRange[] = [];
  readonly #reader: StateReader;
  readonly #rows = new Map<string, OverlayRow>();

  constructor(reader: StateReader, scope: ShardScope) {
    this.#reader = reader;
    this.scope = scope;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const name = nameOf(key);
    const row = this.#rows.get(name);
    if (row !== undefined) return row.value;
    const value = this.#reader.get(key);
    this.#rows.set(name, { key, value, written: false });
    return value;
  }

  /** Reads what is not known yet in one call of the store, for the `get`s that follow. */
  prefetch(keys: readonly Uint8Array[]): void {
    const missing = new Map<string, Uint8Array>();
    for (const key of keys) {
      const name = nameOf(key);
      if (!this.#rows.has(name)) missing.set(name, key);
    }
    if (missing.size === 0) return;
    const values = this.#reader.getMany([...missing.values()]);
    let place = 0;
    for (const [name, key] of missing) this.#rows.set(name, { key, value: values[place++], written: false });
  }

  /** Values of every row of a range, in no order: for ranges that are known to be small. */
  values({ gte, lt }: StateRange): Uint8Array[] {
    const stored = scanAll(this.#reader, { gte, lt }).filter(
      ({ key }) => this.#rows.get(nameOf(key))?.written !== true,
    );
    const isWithin = ({ key }: OverlayRow): boolean => compareBytes(gte, key) <= 0 && compareBytes(key, lt) < 0;
    const written = [...this.#rows.values()].filter((row) => row.written && isWithin(row));
    return [...stored, ...written].map(({ value }) => value).filter((value) => value !== undefined);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#write(key, value);
  }

  delete(key: Uint8Array): void {
    this.#write(key, undefined);
  }

  /** The last write of each key; deletes of rows that were never there are among them. */
  *writes(): IterableIterator<StateWrite> {
    for (const row of this.#rows.values()) if (row.written) yield row;
  }

  #write(key: Uint8Array, value: Uint8Array | undefined): void {
    const name = nameOf(key);
    const row = this.#rows.get(name);
    if (row === undefined) {
      this.#rows.set(name, { key, value, written: true });
    } else {
      row.value = value;
      row.written = true;
    }
  }
}

/** One character a byte: equal names for equal keys, and far cheaper than hexadecimal digits. */
function nameOf(key: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, undefined, key);
}
