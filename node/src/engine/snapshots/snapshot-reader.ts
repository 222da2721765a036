// SPDX-License-Identifier: Apache-2.0
import { shardPrefixRanges } from '../../core/statemachine/keys.ts';
import type { ShardScope } from '../../core/statemachine/keys.ts';
import type { Cursor, KvReader, Row } from '../../ports/kv-engine.ts';
import type { SnapshotSource } from '../../ports/peers.ts';
import { encodeEndChunk, encodeRowsChunk } from './snapshot-codec.ts';

/** Bytes of the rows of one chunk; a row that is larger has a chunk of its own. */
const chunkTargetBytes = 256 * 1024;
/** All rows of a page are in memory, and each may be as large as a value may be. */
const pageRows = 64;

/** The rows of one copy of a shard as they are at the moment of construction, whatever is written later. */
export class SnapshotReader {
  readonly #cursors: Cursor[];
  #page: readonly Row[] = [];
  #position = 0;
  #rowCount = 0;
  #ended = false;

  constructor(store: KvReader, scope: ShardScope) {
    this.#cursors = shardPrefixRanges(scope.shard, scope.slot).map((range) => store.cursor('state', range));
  }

  next(): Uint8Array | undefined {
    const rows: Row[] = [];
    let bytes = 0;
    for (let row = this.#peek(); row !== undefined; row = this.#peek()) {
      bytes += row.key.length + row.value.length;
      if (rows.length > 0 && bytes > chunkTargetBytes) break;
      rows.push(row);
      this.#position++;
    }
    if (rows.length > 0) {
      this.#rowCount += rows.length;
      return encodeRowsChunk(rows);
    }
    if (this.#ended) return undefined;
    this.#ended = true;
    return encodeEndChunk(this.#rowCount);
  }

  close(): void {
    for (const cursor of this.#cursors.splice(0)) cursor.close();
  }

  /** The same rows, behind a header, for the transport. */
  toSource(header: Uint8Array, done: (outcome: 'finished' | 'failed') => void): SnapshotSource {
    return {
      header,
      next: () => this.next(),
      close: (outcome) => {
        this.close();
        done(outcome);
      },
    };
  }

  #peek(): Row | undefined {
    while (this.#position >= this.#page.length) {
      const cursor = this.#cursors[0];
      if (cursor === undefined) return undefined;
      this.#page = cursor.next(pageRows);
      this.#position = 0;
      if (this.#page.length > 0) break;
      cursor.close();
      this.#cursors.shift();
    }
    return this.#page[this.#position];
  }
}
