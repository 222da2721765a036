// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import { compareBytes } from '@shortlink/common/bytes.ts';
import { namespaces } from '../statemachine/keys.ts';
import type { ChunkRow, DescribeRow } from './chunk-row.ts';

/** Rows in the order of their keys, some at a time; as `ChunkReader.rows` gives them. */
export type SortedRows = AsyncIterable<readonly ChunkRow[]>;

export interface MergeOptions {
  readonly describe: DescribeRow;
  /** A row of a source that is not in the result, so that its sum can be balanced (see RowSum). */
  readonly dropped: (row: ChunkRow) => void;
  /**
   * Whether nothing older than the sources can hold the key, so that a tombstone has nothing left to hide. Never asked
   * for a link: the tombstone of a code stays for ever.
   */
  readonly nothingOlder: (key: Uint8Array) => boolean;
}

const batchRows = 512;

/**
 * One sorted stream of many, newest source first. Of the rows of one key the one with the highest revision stays; where
 * there are no revisions, or equal ones, the one of the newest source.
 */
export async function* mergeRows(
  sources: readonly SortedRows[],
  options: MergeOptions,
): AsyncGenerator<readonly ChunkRow[]> {
  const cursors = sources.map((rows) => new RowCursor(rows));
  try {
    for (const cursor of cursors) await cursor.fill();
    let batch: ChunkRow[] = [];
    for (let lowest = lowestOf(cursors); lowest.length > 0; lowest = lowestOf(cursors)) {
      const winner = newestOf(lowest, options.describe);
      for (const cursor of lowest) {
        const row = cursor.take();
        if (cursor !== winner) options.dropped(row);
        else if (stays(row, options)) batch.push(row);
        else options.dropped(row);
        if (cursor.isEmpty) await cursor.fill();
      }
      if (batch.length < batchRows) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

/** The cursors at the lowest key, newest source first. */
function lowestOf(cursors: readonly RowCursor[]): RowCursor[] {
  let lowest: RowCursor[] = [];
  for (const cursor of cursors) {
    if (cursor.isEmpty) continue;
    const order = lowest[0] === undefined ? -1 : compareBytes(cursor.row.key, lowest[0].row.key);
    if (order < 0) lowest = [cursor];
    else if (order === 0) lowest.push(cursor);
  }
  return lowest;
}

function newestOf(cursors: readonly RowCursor[], describe: DescribeRow): RowCursor {
  let winner = defined(cursors[0], 'row of a merge');
  if (cursors.length === 1) return winner;
  const revisionOf = ({ row }: RowCursor): number | undefined => describe(row.key, row.value).revision;
  let best = revisionOf(winner);
  for (const cursor of cursors.slice(1)) {
    const revision = revisionOf(cursor);
    if (revision === undefined || best === undefined || revision <= best) continue;
    winner = cursor;
    best = revision;
  }
  return winner;
}

function stays({ key, value }: ChunkRow, { describe, nothingOlder }: MergeOptions): boolean {
  if (key[0] === namespaces.link || !describe(key, value).tombstone) return true;
  return !nothingOlder(key);
}

/** A place in one of the sources. */
class RowCursor {
  readonly #batches: AsyncIterator<readonly ChunkRow[]>;
  #batch: readonly ChunkRow[] = [];
  #position = 0;
  #last: Uint8Array | undefined;

  constructor(rows: SortedRows) {
    this.#batches = rows[Symbol.asyncIterator]();
  }

  get isEmpty(): boolean {
    return this.#position >= this.#batch.length;
  }

  get row(): ChunkRow {
    return defined(this.#batch[this.#position], 'row of a cursor');
  }

  take(): ChunkRow {
    const row = this.row;
    assert(
      this.#last === undefined || compareBytes(this.#last, row.key) < 0,
      'the keys of a merged source do not rise',
    );
    this.#last = row.key;
    this.#position++;
    return row;
  }

  /** Reads on until there is a row or the source ends. */
  async fill(): Promise<void> {
    while (this.isEmpty) {
      const next = await this.#batches.next();
      if (next.done === true) return;
      this.#batch = next.value;
      this.#position = 0;
    }
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}
