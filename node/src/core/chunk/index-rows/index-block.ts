// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { compareBytes } from '@shortlink/common/bytes.ts';
import { decodeNumbers } from '../bits/number-column.ts';
import type { Block } from '../blocks/block.ts';
import { readFrame } from '../blocks/frame.ts';
import type { ChunkCodec } from '../chunk-codec.ts';
import { chunkLimits } from '../chunk-limits.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { codeCount, codeMaxDigits, writeCode } from '../links/code-numbers.ts';
import { indexKinds } from './index-block-layout.ts';
import { indexCodeMaxBytes, joinIndexRow } from './index-row-parts.ts';

/** The length and the name of a creator. */
const headMaxBytes = 256;
const { tombstone, namedCode, opaque } = indexKinds;

/** Reads what encodeIndexBlock wrote behind the first byte. Such rows are listed rather than looked up: all at once. */
export class IndexBlock implements Block {
  readonly rowCount: number;
  readonly memoryBytes: number;
  readonly #rows: ChunkRow[];

  constructor(
    reader: ByteReader,
    rowCount: number,
    context: { readonly codec: ChunkCodec; readonly namespace: number },
  ) {
    this.rowCount = rowCount;
    this.#rows = new IndexBlockDecoder(reader, rowCount, context.codec).rows(context.namespace);
    // An object, two arrays and their bytes.
    this.memoryBytes = rowCount * 250;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = this.#rows[middle];
      const order = row === undefined ? 1 : compareBytes(row.key, key);
      if (order === 0) return row?.value;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  rows(): ChunkRow[] {
    return [...this.#rows];
  }
}

/** The rows of a block, from the first to the last. @throws DecodeError */
class IndexBlockDecoder {
  readonly #codeLength: number;
  readonly #kinds: Float64Array;
  readonly #runRows: Float64Array;
  readonly #firstNumbers: Float64Array;
  readonly #differences: Float64Array;
  readonly #codes: Float64Array;
  readonly #heads: readonly Uint8Array[];
  readonly #others: ByteReader;
  #run = -1;
  /** Rows of the run that are still to come. */
  #left = 0;
  #number = 0;
  #nextDifference = 0;
  #nextCode = 0;

  constructor(reader: ByteReader, rowCount: number, codec: ChunkCodec) {
    this.#codeLength = reader.uint8();
    const runCount = reader.varint();
    if (this.#codeLength > codeMaxDigits || runCount > rowCount)
      throw new DecodeError(`${runCount} runs in ${rowCount} rows`);
    this.#kinds = decodeNumbers(reader.bytes(), rowCount);
    if (this.#kinds.some((kind) => kind > opaque)) throw new DecodeError('an index row of unknown kind');
    const inRuns = this.#kinds.filter((kind) => kind !== opaque).length;
    if (inRuns < runCount) throw new DecodeError(`${runCount} runs of ${inRuns} rows`);
    this.#runRows = decodeNumbers(reader.bytes(), runCount);
    this.#firstNumbers = decodeNumbers(reader.bytes(), runCount);
    this.#differences = decodeNumbers(reader.bytes(), inRuns - runCount);
    const coded = this.#kinds.filter((kind) => kind !== opaque && (kind & namedCode) === 0).length;
    this.#codes = decodeNumbers(reader.bytes(), coded);
    const text = readFrame(reader, { codec, maxBytes: chunkLimits.blockMaxRawBytes });
    reader.end();
    this.#others = new ByteReader(text);
    this.#heads = Array.from({ length: runCount }, () => {
      const head = this.#others.bytes();
      if (head.length > headMaxBytes) throw new DecodeError(`an index row with a head of ${head.length} bytes`);
      return head;
    });
  }

  rows(namespace: number): ChunkRow[] {
    const rows: ChunkRow[] = [];
    for (const kind of this.#kinds) {
      if (kind === opaque) {
        rows.push({ key: this.#others.bytes(), value: this.#others.bytes() });
        continue;
      }
      this.#advance();
      const head = this.#heads[this.#run];
      if (head === undefined) throw new DecodeError('an index row outside of every run');
      const isTombstone = (kind & tombstone) !== 0;
      rows.push(joinIndexRow(namespace, { head, number: this.#number, code: this.#readCode(kind), isTombstone }));
    }
    this.#others.end();
    return rows;
  }

  #advance(): void {
    if (this.#left === 0) {
      this.#run++;
      this.#left = this.#runRows[this.#run] ?? 0;
      this.#number = this.#firstNumbers[this.#run] ?? 0;
      if (this.#left === 0) throw new DecodeError('a run of index rows has none');
    } else {
      this.#number += this.#differences[this.#nextDifference++] ?? 0;
      if (!Number.isSafeInteger(this.#number)) throw new DecodeError('a number of an index row is beyond 2^53');
    }
    this.#left--;
  }

  #readCode(kind: number): Uint8Array {
    if ((kind & namedCode) !== 0) {
      const code = this.#others.bytes();
      if (code.length > indexCodeMaxBytes) throw new DecodeError(`an index row with a code of ${code.length} bytes`);
      return code;
    }
    const code = new Uint8Array(this.#codeLength);
    const number = this.#codes[this.#nextCode++] ?? 0;
    if (number >= codeCount(this.#codeLength)) throw new DecodeError(`a code has more than ${this.#codeLength} digits`);
    writeCode(code, code.length, code.length, number);
    return code;
  }
}
