// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { defined } from '@shortlink/common/assert.ts';
import { chunkLimits } from '../chunk-limits.ts';
import { BytesMap } from '../bytes-map.ts';

/** Place of a creator that is not in the table; its name stands in the block. */
export const unlistedCreator = 0;

/** Gives creators places from 1 on as they come, until the table is full. */
export class CreatorTableBuilder {
  readonly #places = new BytesMap<number>();
  readonly #names = new ByteWriter();

  get count(): number {
    return this.#places.size;
  }

  placeOf(creator: Uint8Array): number {
    const known = this.#places.get(creator);
    if (known !== undefined) return known;
    const isFull =
      this.#places.size >= chunkLimits.creatorsMax ||
      this.#names.length + creator.length + 2 > chunkLimits.creatorsMaxBytes;
    if (isFull || creator.length > chunkLimits.creatorMaxBytes) return unlistedCreator;
    const place = this.#places.size + 1;
    this.#places.set(creator, place);
    this.#names.bytes(creator);
    return place;
  }

  /** The names in the order of their places, each with its length. */
  names(): Uint8Array {
    return this.#names.view().slice();
  }
}

/** The finished table, as a reader has it. */
export class CreatorTable {
  readonly memoryBytes: number;
  readonly #names: Uint8Array;
  /** Where the name of each place begins, its length included. */
  readonly #starts: Uint32Array;

  /** @throws DecodeError */
  constructor(names: Uint8Array, count: number) {
    this.#names = names;
    this.#starts = new Uint32Array(count);
    const reader = new ByteReader(names);
    for (let i = 0; i < count; i++) {
      this.#starts[i] = reader.offset;
      reader.bytes();
    }
    reader.end();
    this.memoryBytes = names.length + this.#starts.byteLength;
  }

  get count(): number {
    return this.#starts.length;
  }

  /** @throws DecodeError when there is no such place. */
  nameOf(place: number): Uint8Array {
    if (place < 1 || place > this.#starts.length) throw new DecodeError(`there is no creator ${place}`);
    return new ByteReader(this.#names, defined(this.#starts[place - 1], 'start of a creator')).bytes();
  }
}
