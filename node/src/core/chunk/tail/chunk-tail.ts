// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ChunkCodec } from '../chunk-codec.ts';
import { chunkLimits } from '../chunk-limits.ts';
import { FuseFilter } from '../filter/fuse-filter.ts';
import { hashKey } from '../filter/key-hash.ts';
import { BlockIndex, type FilterEntry } from './block-index.ts';
import { decodeFooter, footerBytes, tailBytesOf, type ChunkFooter, type SectionEntry } from './chunk-footer.ts';
import { decodeChunkModel, type ChunkModel } from './chunk-model.ts';
import { decodeChunkProperties, type ChunkProperties, type NamespaceProperties } from './chunk-properties.ts';

/** A namespace and its blocks. */
interface BlockRun {
  readonly properties: NamespaceProperties;
  readonly firstBlock: number;
  readonly endBlock: number;
  /** Number of its first block among the blocks that have a filter. */
  readonly firstFiltered: number;
}

interface FilterPart {
  readonly filter: FuseFilter;
  /** Number of the first block behind it, among the blocks that have a filter. */
  readonly endFiltered: number;
}

/** What opens a chunk: everything but its blocks. Immutable; may be shared by readers and kept in memory. */
export class ChunkTail {
  readonly chunkBytes: number;
  readonly tailBytes: number;
  readonly filterBytes: number;
  readonly indexBytes: number;
  readonly modelBytes: number;
  readonly properties: ChunkProperties;
  readonly index: BlockIndex;
  readonly model: ChunkModel;
  /** About what it holds in memory. */
  readonly memoryBytes: number;
  readonly #runs: readonly BlockRun[];
  readonly #filter: readonly FilterPart[];

  /** `bytes`: the last `tailBytes` bytes of a chunk. @throws DecodeError */
  constructor(bytes: Uint8Array, codec: ChunkCodec) {
    const footer = decodeFooter(bytes.subarray(Math.max(0, bytes.length - footerBytes)), codec);
    this.tailBytes = checkLengths(footer);
    if (bytes.length !== this.tailBytes)
      throw new DecodeError(`tail of ${bytes.length} bytes instead of ${this.tailBytes}`);
    this.chunkBytes = footer.chunkBytes;
    this.filterBytes = footer.filterBytes;
    this.indexBytes = footer.index.bytes;
    this.modelBytes = footer.model.bytes;
    let offset = 0;
    const take = (length: number): Uint8Array => bytes.subarray(offset, (offset += length));
    const section = (what: string, entry: SectionEntry): Uint8Array =>
      checked(what, take(entry.bytes), entry.crc, codec);
    this.model = decodeChunkModel(section('model', footer.model), codec);
    const filter = take(footer.filterBytes);
    this.index = new BlockIndex(section('index', footer.index));
    this.properties = decodeChunkProperties(section('properties', footer.properties));
    if (this.index.dataBytes !== this.chunkBytes - this.tailBytes)
      throw new DecodeError('the blocks do not fill the chunk');
    this.#runs = runsOf(this.properties.namespaces, this.index.blockCount);
    this.#filter = readFilter(filter, this.index.filters, codec);
    const filtered = this.#runs.reduce(
      (sum, run) => sum + (run.properties.hasFilter ? run.properties.blockCount : 0),
      0,
    );
    if ((this.#filter.at(-1)?.endFiltered ?? 0) !== filtered)
      throw new DecodeError('the filter does not cover its blocks');
    // The filter is a view of the tail, which so stays as a whole.
    this.memoryBytes = this.tailBytes + this.index.memoryBytes + this.model.memoryBytes;
  }

  /** The only block that may hold the key; undefined when the index or the filter says that none does. */
  candidateBlock(key: Uint8Array): number | undefined {
    const block = this.index.blockOf(key);
    const run = this.#runs.find((one) => block >= one.firstBlock && block < one.endBlock);
    if (run === undefined || run.properties.namespace !== key[0]) return undefined;
    if (!run.properties.hasFilter) return block;
    const filtered = run.firstFiltered + block - run.firstBlock;
    return this.#filterOf(filtered).mayContain(hashKey(key)) ? block : undefined;
  }

  /** Whose rows a block holds. */
  namespaceOf(block: number): number {
    const run = this.#runs.find((one) => block < one.endBlock);
    if (run === undefined) throw new RangeError(`there is no block ${block}`);
    return run.properties.namespace;
  }

  #filterOf(filteredBlock: number): FuseFilter {
    let low = 0;
    let high = this.#filter.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (filteredBlock < (this.#filter[middle]?.endFiltered ?? 0)) high = middle;
      else low = middle + 1;
    }
    return defined(this.#filter[low], 'filter of a block').filter;
  }
}

function checked(what: string, bytes: Uint8Array, crc: number, codec: ChunkCodec): Uint8Array {
  const actual = codec.crc32(bytes);
  if (actual !== crc) throw new DecodeError(`checksum of the ${what}: ${actual} instead of ${crc}`);
  return bytes;
}

/** The bytes of the tail, if no part of it is larger than a writer makes it. */
function checkLengths(footer: ChunkFooter): number {
  const isPossible =
    footer.model.bytes <= chunkLimits.modelMaxBytes &&
    footer.index.bytes <= chunkLimits.indexMaxBytes &&
    footer.properties.bytes <= chunkLimits.propertiesMaxBytes;
  const tailBytes = tailBytesOf(footer);
  if (!isPossible || tailBytes > footer.chunkBytes) throw new DecodeError('lengths in the footer');
  return tailBytes;
}

function runsOf(namespaces: readonly NamespaceProperties[], blockCount: number): BlockRun[] {
  const runs: BlockRun[] = [];
  let firstBlock = 0;
  let firstFiltered = 0;
  for (const properties of namespaces) {
    const endBlock = firstBlock + properties.blockCount;
    runs.push({ properties, firstBlock, endBlock, firstFiltered });
    firstBlock = endBlock;
    if (properties.hasFilter) firstFiltered += properties.blockCount;
  }
  if (firstBlock !== blockCount)
    throw new DecodeError(`${firstBlock} blocks in namespaces, ${blockCount} in the index`);
  return runs;
}

function readFilter(bytes: Uint8Array, entries: readonly FilterEntry[], codec: ChunkCodec): FilterPart[] {
  let endFiltered = 0;
  let end = 0;
  const parts = entries.map(({ offset, storedBytes, crc, blockCount }) => {
    endFiltered += blockCount;
    end = offset + storedBytes;
    return {
      filter: FuseFilter.decode(checked('filter', bytes.subarray(offset, end), crc, codec)),
      endFiltered,
    };
  });
  if (end !== bytes.length) throw new DecodeError('the parts of the filter do not fill it');
  return parts;
}
