// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { compareBytes } from '@shortlink/common/bytes.ts';
import type { Block } from './blocks/block.ts';
import { decodeBlock } from './blocks/decode-block.ts';
import type { ChunkCodec } from './chunk-codec.ts';
import { decoding } from './chunk-corrupt-error.ts';
import type { ChunkRow } from './chunk-row.ts';
import { readExactly, type ChunkSource } from './chunk-source.ts';
import type { ChunkTail } from './tail/chunk-tail.ts';

/** Keys in [gte, lt); without `lt` to the end. */
export interface ChunkRange {
  readonly gte: Uint8Array;
  readonly lt?: Uint8Array | undefined;
}

export interface ChunkScanOptions {
  /** Rows at most. */
  readonly limit: number;
  readonly reverse?: boolean | undefined;
}

/** Gives a block that it has, or calls `read`: the place for caches and for single flight. */
export type BlockLoader = (block: number, read: () => Promise<Block>) => Promise<Block>;

export interface ChunkReaderOptions {
  readonly tail: ChunkTail;
  readonly source: ChunkSource;
  readonly codec: ChunkCodec;
  readonly loadBlock?: BlockLoader | undefined;
}

/** Bytes of one read when blocks are read one after the other. */
const readAheadBytes = 1024 * 1024;
/** Blocks that one call of `getMany` reads at the same time. */
const parallelReads = 8;
const everything: ChunkRange = { gte: new Uint8Array(0) };

/**
 * Reads the rows of an opened chunk. Every method throws ChunkCorruptError when bytes are not what was written, and
 * what the source throws.
 */
export class ChunkReader {
  readonly tail: ChunkTail;
  readonly #source: ChunkSource;
  readonly #codec: ChunkCodec;
  readonly #loadBlock: BlockLoader;

  constructor({ tail, source, codec, loadBlock }: ChunkReaderOptions) {
    this.tail = tail;
    this.#source = source;
    this.#codec = codec;
    this.#loadBlock = loadBlock ?? ((_, read) => read());
  }

  /** False: the chunk has no such row. True: it has one, or, in a few of a thousand cases, none. Reads nothing. */
  mayContain(key: Uint8Array): boolean {
    return this.tail.candidateBlock(key) !== undefined;
  }

  /** The value; undefined without a row. Reads one block at most. */
  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const block = this.tail.candidateBlock(key);
    return block === undefined ? undefined : this.#getFrom(block, key, await this.#load(block));
  }

  /** The values in the order of the keys. Reads no block twice. */
  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const places = new Map<number, number[]>();
    for (const [place, key] of keys.entries()) {
      const block = this.tail.candidateBlock(key);
      if (block !== undefined) places.set(block, [...(places.get(block) ?? []), place]);
    }
    const values = keys.map((): Uint8Array | undefined => undefined);
    const wanted = [...places];
    for (let i = 0; i < wanted.length; i += parallelReads) {
      await Promise.all(
        wanted.slice(i, i + parallelReads).map(async ([block, ofBlock]) => {
          const loaded = await this.#load(block);
          for (const place of ofBlock) values[place] = this.#getFrom(block, keys[place] ?? everything.gte, loaded);
        }),
      );
    }
    return values;
  }

  /** Rows of a range, a page of them; block by block, through the hook. */
  async scan(range: ChunkRange, { limit, reverse = false }: ChunkScanOptions): Promise<ChunkRow[]> {
    const { first, end } = this.#blocksOf(range);
    const found: ChunkRow[] = [];
    for (let i = first; i < end && found.length < limit; i++) {
      const block = reverse ? end - 1 - (i - first) : i;
      const rows = within(this.#rowsOf(block, await this.#load(block)), range);
      if (reverse) rows.reverse();
      found.push(...rows.slice(0, limit - found.length));
    }
    return found;
  }

  /** All rows of a range in the order of keys, one block of them at a time. Reads far ahead, past the hook. */
  async *rows(range: ChunkRange = everything): AsyncGenerator<readonly ChunkRow[]> {
    const { first, end } = this.#blocksOf(range);
    for (let from = first; from < end;) {
      const to = this.#readAheadEnd(from, end);
      const start = this.tail.index.entry(from).offset;
      const last = this.tail.index.entry(to - 1);
      const bytes = await readExactly(this.#source, start, last.offset + last.storedBytes - start);
      for (let block = from; block < to; block++) {
        const { offset, storedBytes } = this.tail.index.entry(block);
        const decoded = this.#decode(block, bytes.subarray(offset - start, offset - start + storedBytes));
        yield within(this.#rowsOf(block, decoded), range);
      }
      from = to;
    }
  }

  async #load(block: number): Promise<Block> {
    return this.#loadBlock(block, async () => {
      const { offset, storedBytes } = this.tail.index.entry(block);
      return this.#decode(block, await readExactly(this.#source, offset, storedBytes));
    });
  }

  #decode(block: number, bytes: Uint8Array): Block {
    const { crc, rowCount, rawBytes } = this.tail.index.entry(block);
    return decoding(`block ${block}`, () => {
      const actual = this.#codec.crc32(bytes);
      if (actual !== crc) throw new DecodeError(`its checksum is ${actual} instead of ${crc}`);
      const namespace = this.tail.namespaceOf(block);
      return decodeBlock(bytes, { codec: this.#codec, model: this.tail.model, namespace, rowCount, rawBytes });
    });
  }

  #getFrom(block: number, key: Uint8Array, decoded: Block): Uint8Array | undefined {
    return decoding(`block ${block}`, () => decoded.get(key));
  }

  #rowsOf(block: number, decoded: Block): ChunkRow[] {
    return decoding(`block ${block}`, () => decoded.rows());
  }

  /** The blocks that may hold keys of a range. */
  #blocksOf({ gte, lt }: ChunkRange): { readonly first: number; readonly end: number } {
    const { index } = this.tail;
    const first = Math.max(0, index.blockOf(gte));
    let end = lt === undefined ? index.blockCount : index.blockOf(lt) + 1;
    if (end > 0 && lt !== undefined && compareBytes(index.separator(end - 1), lt) === 0) end--;
    return { first, end };
  }

  #readAheadEnd(from: number, end: number): number {
    const limit = this.tail.index.entry(from).offset + readAheadBytes;
    let to = from + 1;
    while (to < end && this.tail.index.entry(to).offset + this.tail.index.entry(to).storedBytes <= limit) to++;
    return to;
  }
}

/** The rows of one block that lie in a range. */
function within(rows: ChunkRow[], { gte, lt }: ChunkRange): ChunkRow[] {
  const isBefore = (row: ChunkRow | undefined, key: Uint8Array): boolean =>
    row !== undefined && compareBytes(row.key, key) < 0;
  const isWhole = !isBefore(rows[0], gte) && (lt === undefined || isBefore(rows.at(-1), lt));
  if (isWhole) return rows;
  return rows.filter((row) => !isBefore(row, gte) && (lt === undefined || isBefore(row, lt)));
}
