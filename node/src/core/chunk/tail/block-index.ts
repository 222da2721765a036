// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { commonPrefixLength, compareBytes } from '@shortlink/common/bytes.ts';
import { chunkLimits } from '../chunk-limits.ts';

/** Where a block lies and what a reader must know before it reads it. */
export interface BlockEntry {
  readonly offset: number;
  readonly storedBytes: number;
  /** CRC-32 of the stored bytes. */
  readonly crc: number;
  readonly rowCount: number;
  /** Keys and values together. */
  readonly rawBytes: number;
  /** Undefined: a row of the block lives for ever. */
  readonly latestExpiryMs: number | undefined;
}

export interface BlockIndexEntry extends BlockEntry {
  /** Not above any key of the block, and above every key of the blocks before it. */
  readonly separator: Uint8Array;
}

/** A part of the filter: over the keys of the next `blockCount` blocks of namespaces that have one. */
export interface FilterEntry {
  /** From the beginning of the filter. */
  readonly offset: number;
  readonly storedBytes: number;
  readonly crc: number;
  readonly blockCount: number;
  readonly keyCount: number;
}

/** How keys become filters: FuseFilter over hashKey. The number is the format; never use one again. */
const filterPolicy = 1;

/** The shortest key that tells the first key of a block from the last key before it. */
export function separatorOf(lastKeyBefore: Uint8Array | undefined, firstKey: Uint8Array): Uint8Array {
  if (lastKeyBefore === undefined) return new Uint8Array(0);
  return firstKey.slice(0, commonPrefixLength(lastKeyBefore, firstKey) + 1);
}

/** Offsets are not written: blocks follow each other from the beginning, and so do the parts of the filter. */
export function encodeBlockIndex(blocks: readonly BlockIndexEntry[], filters: readonly FilterEntry[]): Uint8Array {
  const writer = new ByteWriter().varint(blocks.length);
  let previous: Uint8Array = new Uint8Array(0);
  for (const block of blocks) {
    const shared = commonPrefixLength(previous, block.separator);
    writer.varint(shared).bytes(block.separator.subarray(shared));
    writer.varint(block.storedBytes).uint32(block.crc).varint(block.rowCount).varint(block.rawBytes);
    writer.uint8(block.latestExpiryMs === undefined ? 0 : 1);
    if (block.latestExpiryMs !== undefined) writer.varint(block.latestExpiryMs);
    previous = block.separator;
  }
  writer.uint8(filterPolicy).varint(filters.length);
  for (const filter of filters) {
    writer.varint(filter.storedBytes).uint32(filter.crc).varint(filter.blockCount).varint(filter.keyCount);
  }
  return writer.finish();
}

/** The index in typed arrays: there may be millions of blocks on a node. */
export class BlockIndex {
  readonly blockCount: number;
  readonly filters: readonly FilterEntry[];
  /** Of all blocks. */
  readonly dataBytes: number;
  readonly memoryBytes: number;
  readonly #separators: Uint8Array;
  /** Where the separator of each block begins, and the end. */
  readonly #starts: Uint32Array;
  readonly #offsets: Float64Array;
  readonly #crcs: Uint32Array;
  readonly #rowCounts: Uint32Array;
  readonly #rawBytes: Uint32Array;
  /** Infinity: for ever. */
  readonly #expiries: Float64Array;

  /** @throws DecodeError */
  constructor(bytes: Uint8Array) {
    const reader = new ByteReader(bytes);
    const count = reader.varint();
    // A block takes ten bytes of the index at least: checked before arrays of this length are made.
    if (count > chunkLimits.blocksMax || count * 10 > bytes.length) throw new DecodeError(`index of ${count} blocks`);
    this.blockCount = count;
    this.#starts = new Uint32Array(count + 1);
    this.#offsets = new Float64Array(count + 1);
    this.#crcs = new Uint32Array(count);
    this.#rowCounts = new Uint32Array(count);
    this.#rawBytes = new Uint32Array(count);
    this.#expiries = new Float64Array(count);
    this.#separators = this.#readBlocks(reader);
    this.dataBytes = this.#offsets[count] ?? 0;
    this.filters = readFilters(reader);
    reader.end();
    this.memoryBytes = this.#separators.length + count * (4 + 8 + 4 + 4 + 4 + 8);
  }

  separator(block: number): Uint8Array {
    return this.#separators.subarray(this.#starts[block], this.#starts[block + 1]);
  }

  entry(block: number): BlockEntry {
    const offset = this.#offsets[block] ?? 0;
    const expiry = this.#expiries[block] ?? Infinity;
    return {
      offset,
      storedBytes: (this.#offsets[block + 1] ?? 0) - offset,
      crc: this.#crcs[block] ?? 0,
      rowCount: this.#rowCounts[block] ?? 0,
      rawBytes: this.#rawBytes[block] ?? 0,
      latestExpiryMs: expiry === Infinity ? undefined : expiry,
    };
  }

  /** The only block that may hold `key`: the last one whose separator is not above it; -1 without blocks. */
  blockOf(key: Uint8Array): number {
    let low = 0;
    let high = this.blockCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.separator(middle), key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #readBlocks(reader: ByteReader): Uint8Array {
    const separators = new ByteWriter();
    let previous: Uint8Array = new Uint8Array(0);
    for (let block = 0; block < this.blockCount; block++) {
      const shared = reader.varint();
      const rest = reader.bytes();
      if (shared > previous.length || shared + rest.length > chunkLimits.keyMaxBytes)
        throw new DecodeError(`separator of block ${block}`);
      const separator = new Uint8Array(shared + rest.length);
      separator.set(previous.subarray(0, shared));
      separator.set(rest, shared);
      if (block > 0 && compareBytes(previous, separator) >= 0)
        throw new DecodeError(`the separator of block ${block} does not follow the one before`);
      separators.raw(separator);
      if (separators.length > chunkLimits.separatorsMaxBytes) throw new DecodeError('the separators are too long');
      this.#starts[block + 1] = separators.length;
      this.#readEntry(reader, block);
      previous = separator;
    }
    return separators.finishApart();
  }

  #readEntry(reader: ByteReader, block: number): void {
    const storedBytes = reader.varint();
    this.#crcs[block] = reader.uint32();
    const rowCount = reader.varint();
    const rawBytes = reader.varint();
    const hasExpiry = reader.uint8();
    if (hasExpiry > 1) throw new DecodeError(`expiry of block ${block}`);
    this.#expiries[block] = hasExpiry === 1 ? reader.varint() : Infinity;
    const isPossible =
      storedBytes > 0 &&
      storedBytes <= chunkLimits.blockMaxStoredBytes &&
      rowCount > 0 &&
      rowCount <= chunkLimits.blockMaxRows &&
      rawBytes <= chunkLimits.blockMaxRawBytes;
    if (!isPossible) throw new DecodeError(`block ${block} of ${storedBytes} bytes and ${rowCount} rows`);
    this.#offsets[block + 1] = (this.#offsets[block] ?? 0) + storedBytes;
    this.#rowCounts[block] = rowCount;
    this.#rawBytes[block] = rawBytes;
  }
}

function readFilters(reader: ByteReader): FilterEntry[] {
  const policy = reader.uint8();
  if (policy !== filterPolicy) throw new DecodeError(`filter of unknown policy ${policy}`);
  const count = reader.varint();
  if (count > chunkLimits.blocksMax) throw new DecodeError(`filter of ${count} parts`);
  const filters: FilterEntry[] = [];
  let offset = 0;
  for (let i = 0; i < count; i++) {
    const storedBytes = reader.varint();
    const crc = reader.uint32();
    const blockCount = reader.varint();
    const keyCount = reader.varint();
    if (blockCount === 0 || blockCount > chunkLimits.blocksMax) throw new DecodeError(`filter part ${i}`);
    filters.push({ offset, storedBytes, crc, blockCount, keyCount });
    offset += storedBytes;
    if (!Number.isSafeInteger(offset)) throw new DecodeError(`filter of ${offset} bytes`);
  }
  return filters;
}
