// SPDX-License-Identifier: Apache-2.0
import { compareBytes, equalBytes } from '@shortlink/common/bytes.ts';
import { shardStateKey } from '../../core/statemachine/keys.ts';
import type { ShardScope } from '../../core/statemachine/keys.ts';
import { decodeShardState } from '../../core/statemachine/shard-state.ts';
import type { ShardState } from '../../core/statemachine/shard-state.ts';
import type { StateRange, StateReader, StateRow, StateScanOptions } from '../../core/statemachine/state-reader.ts';
import type { Cursor, KvReader } from '../../ports/kv-engine.ts';

/** Every row of the column: no key begins with 0xff. */
const everything = { gte: Uint8Array.of(0), lt: Uint8Array.of(0xff) };
const pageRows = 256;

/**
 * One copy of a shard as it is at one index, read through one cursor: a cursor shows the rows of one moment, and those of a
 * batch together. Must be closed.
 */
export class ShardSnapshot implements StateReader {
  readonly scope: ShardScope;
  readonly state: Readonly<ShardState>;
  readonly #cursor: Cursor;

  private constructor(cursor: Cursor, scope: ShardScope, state: ShardState) {
    this.#cursor = cursor;
    this.scope = scope;
    this.state = state;
  }

  /** Undefined where the copy is gone. */
  static open(reader: KvReader, scope: ShardScope): ShardSnapshot | undefined {
    const cursor = reader.cursor('state', everything);
    const row = rowAt(cursor, shardStateKey(scope));
    if (row !== undefined) return new ShardSnapshot(cursor, scope, decodeShardState(row));
    cursor.close();
    return undefined;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return rowAt(this.#cursor, key);
  }

  /**
   * In the order of keys, and without a look between two rows that are known to follow one another: behind the rows of a
   * generation may lie all those that were swept, and a cursor that comes down there passes them one by one.
   */
  getMany(keys: readonly Uint8Array[]): readonly (Uint8Array | undefined)[] {
    const values: (Uint8Array | undefined)[] = keys.map(() => undefined);
    const sorted = keys.map((key, place) => ({ key, place })).sort((a, b) => compareBytes(a.key, b.key));
    let next: StateRow | undefined;
    let isAtEnd = false;
    for (const { key, place } of sorted) {
      if (!isAtEnd && (next === undefined || compareBytes(next.key, key) < 0)) {
        this.#cursor.seek(key);
        next = this.#cursor.next(1)[0];
        isAtEnd = next === undefined;
      }
      if (next !== undefined && equalBytes(next.key, key)) values[place] = next.value;
    }
    return values;
  }

  /** Forwards only. */
  scan({ gte, lt }: StateRange, { limit }: StateScanOptions): readonly StateRow[] {
    this.#cursor.seek(gte);
    return this.#cursor.next(limit).filter(({ key }) => compareBytes(key, lt) < 0);
  }

  /** All rows of a range, some at a time. Nothing else may be read in between. */
  *pages({ gte, lt }: StateRange): Generator<readonly StateRow[]> {
    this.#cursor.seek(gte);
    for (;;) {
      const rows = this.#cursor.next(pageRows);
      const within = rows.filter(({ key }) => compareBytes(key, lt) < 0);
      if (within.length > 0) yield within;
      if (within.length < pageRows) return;
    }
  }

  close(): void {
    this.#cursor.close();
  }
}

function rowAt(cursor: Cursor, key: Uint8Array): Uint8Array | undefined {
  cursor.seek(key);
  const [row] = cursor.next(1);
  return row !== undefined && equalBytes(row.key, key) ? row.value : undefined;
}
