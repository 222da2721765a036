// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import { compareBytes } from '@shortlink/common/bytes.ts';
import { namespaces } from '../statemachine/keys.ts';
import { BlockCutter, type BlockRows } from './blocks/block-cutter.ts';
import { BlockEncoder } from './blocks/block-encoder.ts';
import type { Compression } from './blocks/frame.ts';
import type { ChunkCodec } from './chunk-codec.ts';
import { chunkLimits } from './chunk-limits.ts';
import { defaultChunkParameters, type ChunkParameters } from './chunk-parameters.ts';
import type { ChunkRow, DescribeRow } from './chunk-row.ts';
import { ContentDigest } from './content-digest.ts';
import { FilterBuilder } from './filter/filter-builder.ts';
import { RevisionSpan } from './revision-span.ts';
import { RowSum } from './row-sum.ts';
import { encodeBlockIndex, separatorOf, type BlockIndexEntry, type FilterEntry } from './tail/block-index.ts';
import { encodeFooter, footerBytes, tailBytesOf, type ChunkFooter } from './tail/chunk-footer.ts';
import { encodeChunkModel } from './tail/chunk-model.ts';
import { encodeChunkProperties, type ChunkOrigin, type ChunkProperties } from './tail/chunk-properties.ts';
import { NamespaceTotals } from './namespace-totals.ts';

export interface ChunkWriterOptions {
  readonly codec: ChunkCodec;
  readonly origin: ChunkOrigin;
  readonly describe: DescribeRow;
  /** The next bytes of the chunk; called within `add` and `finish`. */
  readonly emit: (bytes: Uint8Array) => void;
  readonly parameters?: ChunkParameters | undefined;
}

/** What is worth remembering of a finished chunk. */
export interface ChunkSummary {
  readonly chunkBytes: number;
  /** One ranged read of as many last bytes opens the chunk. */
  readonly tailBytes: number;
  readonly filterBytes: number;
  readonly indexBytes: number;
  readonly modelBytes: number;
  readonly properties: ChunkProperties;
}

/** More than one, so that those that wait become fewer with each block that comes. */
const blocksAtOnce = 3;

/** Namespaces that are looked up key by key: a filter tells of most absent keys that they are absent. */
const filtered: ReadonlySet<number> = new Set([namespaces.link, namespaces.kv]);

/**
 * Writes rows, in the order of their keys, as one chunk. Holds a sample, the current block, the index and a part of the
 * filter in memory, never the chunk. Rows must not be changed after they were given.
 */
export class ChunkWriter {
  readonly #options: ChunkWriterOptions;
  readonly #compression: Compression;
  readonly #parameters: ChunkParameters;
  readonly #digest: ContentDigest;
  readonly #sum: RowSum;
  readonly #cutter: BlockCutter;
  readonly #encoder: BlockEncoder;
  readonly #filter = new FilterBuilder();
  readonly #index: BlockIndexEntry[] = [];
  readonly #totals: NamespaceTotals[] = [];
  readonly #revisions = new RevisionSpan();
  /** Blocks that wait until there are enough of them to learn from; undefined when that is over. */
  #sample: BlockRows[] | undefined;
  #sampleBytes = 0;
  /** Blocks that were learned from and are not encoded yet, oldest first. */
  #learned: BlockRows[] = [];
  #learnedBytes = 0;
  #separatorBytes = 0;
  #offset = 0;
  #lastKey: Uint8Array | undefined;
  /** Last key of the blocks that are written. */
  #lastWrittenKey: Uint8Array | undefined;

  constructor(options: ChunkWriterOptions) {
    const { codec, parameters = defaultChunkParameters } = options;
    checkParameters(parameters);
    this.#options = options;
    this.#parameters = parameters;
    this.#compression = { codec, level: parameters.compressionLevel };
    this.#digest = new ContentDigest(codec);
    this.#sum = new RowSum(codec);
    this.#cutter = new BlockCutter(parameters.blockMaxBytes);
    this.#encoder = new BlockEncoder(this.#compression, parameters);
  }

  /** @throws InvariantError unless keys rise and keep the limits. */
  add(row: ChunkRow): void {
    const { key, value } = row;
    assert(key.length > 0 && key.length <= chunkLimits.keyMaxBytes, `key of ${key.length} bytes in a chunk`);
    assert(value.length <= chunkLimits.valueMaxBytes, `value of ${value.length} bytes in a chunk`);
    assert(this.#lastKey === undefined || compareBytes(this.#lastKey, key) < 0, 'the keys of a chunk do not rise');
    if (this.#lastKey?.[0] !== key[0]) this.#beginNamespace(key);
    const facts = this.#options.describe(key, value);
    this.#digest.add(row);
    this.#sum.add(row);
    this.#revisions.add(facts.revision);
    this.#lastKey = key;
    const full = this.#cutter.add(row, facts);
    if (full !== undefined) this.#takeBlock(full);
  }

  /** Bytes of keys and values that were added, and of which nothing was emitted yet. */
  get waitingBytes(): number {
    return this.#sampleBytes + this.#learnedBytes + this.#cutter.rawBytes;
  }

  /** `inputs`: the names of the chunks that it was merged from, where that is known only now. */
  finish(inputs?: readonly string[]): ChunkSummary {
    this.#endNamespace();
    const { codec, origin } = this.#options;
    const properties: ChunkProperties = {
      origin: inputs === undefined ? origin : { ...origin, inputs },
      parameters: this.#parameters,
      contentDigest: this.#digest.finish(),
      rowSum: this.#sum.value(),
      revisions: this.#revisions.range,
      namespaces: this.#totals.map((totals) => totals.properties()),
    };
    const model = encodeChunkModel(this.#encoder.model(), this.#compression);
    this.#emit(model);
    const filters = this.#emitFilter();
    const index = encodeBlockIndex(this.#index, filters);
    assert(index.length <= chunkLimits.indexMaxBytes, `index of ${index.length} bytes in a chunk`);
    this.#emit(index);
    const propertiesBytes = encodeChunkProperties(properties);
    this.#emit(propertiesBytes);
    const section = (bytes: Uint8Array) => ({ bytes: bytes.length, crc: codec.crc32(bytes) });
    const parts = {
      model: section(model),
      filterBytes: filters.reduce((sum, filter) => sum + filter.storedBytes, 0),
      index: section(index),
      properties: section(propertiesBytes),
    };
    return this.#emitFooter(parts, properties);
  }

  #emitFooter(parts: Omit<ChunkFooter, 'chunkBytes'>, properties: ChunkProperties): ChunkSummary {
    const chunkBytes = this.#offset + footerBytes;
    const footer = { ...parts, chunkBytes };
    this.#emit(encodeFooter(footer, this.#options.codec));
    return {
      chunkBytes,
      tailBytes: tailBytesOf(footer),
      filterBytes: parts.filterBytes,
      indexBytes: parts.index.bytes,
      modelBytes: parts.model.bytes,
      properties,
    };
  }

  #emitFilter(): FilterEntry[] {
    const entries: FilterEntry[] = [];
    let offset = 0;
    for (const { bytes, blockCount, keyCount } of this.#filter.finish()) {
      entries.push({ offset, storedBytes: bytes.length, crc: this.#options.codec.crc32(bytes), blockCount, keyCount });
      offset += bytes.length;
      this.#emit(bytes);
    }
    return entries;
  }

  #beginNamespace(firstKey: Uint8Array): void {
    this.#endNamespace();
    const namespace = firstKey[0] ?? 0;
    this.#totals.push(new NamespaceTotals(namespace, filtered.has(namespace), firstKey));
    this.#sample = BlockEncoder.learns(namespace) ? [] : undefined;
    this.#sampleBytes = 0;
  }

  #endNamespace(): void {
    const last = this.#cutter.take();
    if (last !== undefined) this.#takeBlock(last);
    this.#endSample();
    this.#writeLearned(Infinity);
  }

  #takeBlock(block: BlockRows): void {
    if (this.#sample === undefined) {
      // In their order: a new block waits behind those that were learned from.
      this.#learned.push(block);
      this.#learnedBytes += block.rawBytes;
      this.#writeLearned(blocksAtOnce);
      return;
    }
    this.#sample.push(block);
    this.#sampleBytes += block.rawBytes;
    if (this.#sampleBytes >= this.#parameters.sampleBytes) this.#endSample();
  }

  #endSample(): void {
    const sample = this.#sample;
    this.#sample = undefined;
    this.#sampleBytes = 0;
    if (sample === undefined) return;
    this.#encoder.train(
      this.#namespace().namespace,
      sample.map((block) => block.rows),
    );
    for (const block of sample) {
      this.#learned.push(block);
      this.#learnedBytes += block.rawBytes;
    }
  }

  /** A few at a time: encoding all that were learned from takes most of a second, and others use the thread. */
  #writeLearned(count: number): void {
    for (const block of this.#learned.splice(0, count)) {
      this.#learnedBytes -= block.rawBytes;
      this.#writeBlock(block);
    }
  }

  #writeBlock(block: BlockRows): void {
    const totals = this.#namespace();
    const bytes = this.#encoder.encode(totals.namespace, block.rows);
    const firstKey = defined(block.rows[0], 'first row of a block').key;
    const separator = separatorOf(this.#lastWrittenKey, firstKey);
    this.#separatorBytes += separator.length;
    assert(this.#index.length < chunkLimits.blocksMax, 'too many blocks in a chunk');
    assert(this.#separatorBytes <= chunkLimits.separatorsMaxBytes, 'too many long keys in a chunk');
    this.#index.push({
      separator,
      offset: this.#offset,
      storedBytes: bytes.length,
      crc: this.#options.codec.crc32(bytes),
      rowCount: block.rows.length,
      rawBytes: block.rawBytes,
      latestExpiryMs: block.latestExpiryMs,
    });
    this.#lastWrittenKey = defined(block.rows.at(-1), 'last row of a block').key;
    totals.add(block, bytes.length, this.#lastWrittenKey);
    if (totals.hasFilter) {
      for (const { key } of block.rows) this.#filter.add(key);
      this.#filter.endBlock();
    }
    this.#emit(bytes);
  }

  #namespace(): NamespaceTotals {
    return defined(this.#totals.at(-1), 'namespace of a block');
  }

  #emit(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#offset += bytes.length;
    this.#options.emit(bytes);
  }
}

function checkParameters({ blockMaxBytes, compressionLevel, dictionaryMaxBytes, sampleBytes }: ChunkParameters): void {
  const isPossible =
    blockMaxBytes > 0 &&
    blockMaxBytes <= chunkLimits.blockMaxTargetBytes &&
    compressionLevel >= 1 &&
    compressionLevel <= 19 &&
    dictionaryMaxBytes <= chunkLimits.dictionaryMaxBytes &&
    sampleBytes <= chunkLimits.sampleMaxBytes;
  const parameters = JSON.stringify({ blockMaxBytes, compressionLevel, dictionaryMaxBytes, sampleBytes });
  assert(isPossible, `parameters of a chunk out of range: ${parameters}`);
}
