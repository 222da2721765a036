// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { DecodeError, type ByteReader } from '@shortlink/common/byte-reader.ts';
import { decodeNumbers, NumberColumn } from '../bits/number-column.ts';
import { isLinkKind, linkColumnNames, linkColumns, type LinkColumn } from './link-block-layout.ts';

/** Columns are decoded as a whole when they have been asked for as many values one by one. */
const singleReads = 3;

interface StoredColumn {
  readonly numbers: NumberColumn;
  /** Place of each row in the column; undefined where every row has a value. */
  readonly places: Uint32Array | undefined;
  values: Float64Array | undefined;
  reads: number;
}

/** The number columns of a link block; a lookup reads a single value of most of them. */
export class LinkColumns {
  /** Kind of each row. */
  readonly kinds: Uint8Array;
  /** The kinds that occur. */
  readonly #known: Uint8Array;
  readonly #bytes = new Map<LinkColumn, Uint8Array>();
  readonly #columns = new Map<LinkColumn, StoredColumn>();

  /** @throws DecodeError; so do the methods. */
  constructor(reader: ByteReader, rowCount: number) {
    this.#known = reader.bytes();
    if (!this.#known.every(isLinkKind)) throw new DecodeError('a link block lists a kind that does not exist');
    for (const name of linkColumnNames) this.#bytes.set(name, reader.bytes());
    this.kinds = this.#readKinds(rowCount);
  }

  /** Whether a row may have one of these bits of its kind. */
  hasKind(bits: number): boolean {
    return this.#known.some((kind) => (kind & bits) !== 0);
  }

  valueOf(name: LinkColumn, row: number): number {
    const column = this.#column(name);
    const place = column.places?.[row] ?? row;
    if (column.values === undefined && column.reads < singleReads) {
      column.reads++;
      return column.numbers.at(place);
    }
    return this.values(name)[place] ?? 0;
  }

  /** The values of all rows that have one. */
  values(name: LinkColumn): Float64Array {
    const column = this.#column(name);
    column.values ??= column.numbers.values();
    return column.values;
  }

  countOf(name: LinkColumn): number {
    return this.#column(name).numbers.count;
  }

  /** How many rows before `row` have a value in the column. */
  placeOf(name: LinkColumn, row: number): number {
    return this.#column(name).places?.[row] ?? row;
  }

  #column(name: LinkColumn): StoredColumn {
    let column = this.#columns.get(name);
    if (column === undefined) {
      const bytes = defined(this.#bytes.get(name), `column ${name}`);
      const { places, count } = this.#placesOf(name);
      column = { numbers: new NumberColumn(bytes, count), places, values: undefined, reads: 0 };
      this.#columns.set(name, column);
    }
    return column;
  }

  #placesOf(name: LinkColumn): { readonly places: Uint32Array | undefined; readonly count: number } {
    const has = linkColumns[name];
    const rowCount = this.kinds.length;
    if (this.#known.every(has)) return { places: undefined, count: rowCount };
    const places = new Uint32Array(rowCount);
    let count = 0;
    for (let row = 0; row < rowCount; row++) {
      places[row] = count;
      if (has(this.kinds[row] ?? 0)) count++;
    }
    return { places, count };
  }

  #readKinds(rowCount: number): Uint8Array {
    const places = decodeNumbers(defined(this.#bytes.get('kind'), 'column kind'), rowCount);
    const kinds = new Uint8Array(rowCount);
    for (let row = 0; row < rowCount; row++) {
      const kind = this.#known[places[row] ?? 0];
      if (kind === undefined) throw new DecodeError(`a link block lists no kind ${places[row]}`);
      kinds[row] = kind;
    }
    return kinds;
  }
}
