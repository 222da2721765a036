// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, writeSync } from 'node:fs';
import { defined } from '@shortlink/common/assert.ts';
import { openFileSource } from '../../../node/src/adapters/chunk-files/file-source.ts';
import { zlibChunkCodec } from '../../../node/src/adapters/system/zlib-chunk-codec.ts';
import type { Block } from '../../../node/src/core/chunk/blocks/block.ts';
import { ChunkReader, type BlockLoader } from '../../../node/src/core/chunk/chunk-reader.ts';
import { openTail } from '../../../node/src/core/chunk/chunk-source.ts';
import { ChunkWriter, type ChunkSummary } from '../../../node/src/core/chunk/chunk-writer.ts';
import { describeStateRow } from '../../../node/src/core/chunk/describe-state-row.ts';
import { verifyChunk } from '../../../node/src/core/chunk/verify-chunk.ts';
import type { Link } from '../../../node/src/core/statemachine/commands.ts';
import { namespaces } from '../../../node/src/core/statemachine/keys.ts';
import { seededRandom } from '../load/rows.ts';
import { linkKey, sortedRows } from './link-rows.ts';

export interface ChunkSizes {
  readonly links: number;
  readonly urlBytes: number;
  /** Bytes a link. */
  readonly data: number;
  readonly filter: number;
  readonly index: number;
  readonly model: number;
  readonly secondary: number;
  /** Keys and values of the link rows, before compression. */
  readonly rawData: number;
  readonly rawSecondary: number;
  readonly chunkBytes: number;
  readonly tailBytes: number;
}

/** What was done, and what it took. */
export interface Speed {
  readonly perSecond: number;
  /** CPU of the thread for each; other work on the machine is not in it. */
  readonly cpuMicros: number;
}

export interface ChunkSpeed {
  /** Rows, with checksums, digests and filter. */
  readonly build: Speed;
  readonly verify: Speed;
  /** Keys and values of a row, on average. */
  readonly rowBytes: number;
  /** Lookups that read one block from the file and decode it. */
  readonly coldLookups: Speed;
  /** Lookups in blocks that are decoded already. */
  readonly warmLookups: Speed;
  readonly absentKeys: Speed;
  /** Share of the absent keys for which a block would be read. */
  readonly falsePositives: number;
}

export interface BuiltChunk {
  readonly summary: ChunkSummary;
  readonly build: Speed;
}

const batchRows = 10_000;
const lookups = 20_000;
const absentLookups = 500_000;
const seed = 77;

/** Writes the links as one chunk to a file. */
export function buildChunk(links: readonly Link[], path: string): BuiltChunk {
  const file = openSync(path, 'w');
  const writer = new ChunkWriter({
    codec: zlibChunkCodec,
    origin: { clusterId: 'bench', shard: 1, generations: [1], inputs: [], node: 'bench', term: 1 },
    describe: describeStateRow,
    emit: (bytes) => writeSync(file, bytes),
  });
  // Making the rows is not the writer's work.
  const watch = new Stopwatch();
  for (const rows of sortedRows(links, batchRows)) {
    watch.start();
    for (const row of rows) writer.add(row);
    watch.stop(rows.length);
  }
  watch.start();
  const summary = writer.finish();
  watch.stop(0);
  closeSync(file);
  return { summary, build: watch.speed() };
}

/** Adds up the time of the parts that count. */
class Stopwatch {
  #count = 0;
  #wallMs = 0;
  #cpuMicros = 0;

  start(): void {
    this.#wallMs -= performance.now();
    this.#cpuMicros -= cpuMicros();
  }

  stop(count: number): void {
    this.#wallMs += performance.now();
    this.#cpuMicros += cpuMicros();
    this.#count += count;
  }

  speed(): Speed {
    return { perSecond: (this.#count * 1000) / this.#wallMs, cpuMicros: this.#cpuMicros / this.#count };
  }
}

function cpuMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

export function sizesOf(links: readonly Link[], summary: ChunkSummary): ChunkSizes {
  const { chunkBytes, tailBytes, filterBytes, indexBytes, modelBytes, properties } = summary;
  const a = (bytes: number): number => bytes / links.length;
  const of = (namespace: number) =>
    defined(
      properties.namespaces.find((one) => one.namespace === namespace),
      'rows',
    );
  const [data, secondary] = [of(namespaces.link), of(namespaces.linkByCreator)];
  return {
    links: links.length,
    urlBytes: a(links.reduce((sum, link) => sum + Buffer.byteLength(link.url), 0)),
    data: a(data.storedBytes),
    filter: a(filterBytes),
    index: a(indexBytes),
    model: a(modelBytes),
    secondary: a(secondary.storedBytes),
    rawData: a(data.rawBytes),
    rawSecondary: a(secondary.rawBytes),
    chunkBytes,
    tailBytes,
  };
}

/** Opens the file and looks links up in it. */
export async function measureSpeed(links: readonly Link[], path: string, built: BuiltChunk): Promise<ChunkSpeed> {
  const source = await openFileSource(path);
  try {
    const { chunkBytes, tailBytes, properties } = built.summary;
    const tail = await openTail(source, { codec: zlibChunkCodec, chunkBytes, tailBytes });
    const random = seededRandom(seed);
    const keys = Array.from({ length: lookups }, () =>
      linkKey(defined(links[Math.floor(random() * links.length)], 'link').code),
    );
    const reader = (loadBlock?: BlockLoader) => new ChunkReader({ tail, source, codec: zlibChunkCodec, loadBlock });
    const warm = reader(keepingBlocks());
    await lookUp(warm, keys);
    const rawBytes = properties.namespaces.reduce((sum, one) => sum + one.rawBytes, 0);
    const rows = properties.namespaces.reduce((sum, one) => sum + one.rowCount, 0);
    const watch = new Stopwatch();
    watch.start();
    await verifyChunk(reader(), { codec: zlibChunkCodec, describe: describeStateRow });
    watch.stop(rows);
    return {
      build: built.build,
      verify: watch.speed(),
      rowBytes: rawBytes / rows,
      coldLookups: await lookUp(reader(), keys),
      warmLookups: await lookUp(warm, keys),
      ...askForAbsent(reader(), random),
    };
  } finally {
    await source.close();
  }
}

function keepingBlocks(): BlockLoader {
  const kept = new Map<number, Block>();
  return async (block, read) => {
    const found = kept.get(block) ?? (await read());
    kept.set(block, found);
    return found;
  };
}

async function lookUp(reader: ChunkReader, keys: readonly Uint8Array[]): Promise<Speed> {
  const watch = new Stopwatch();
  watch.start();
  for (const key of keys) if ((await reader.get(key)) === undefined) throw new Error('a link is missing in the chunk');
  watch.stop(keys.length);
  return watch.speed();
}

function askForAbsent(reader: ChunkReader, random: () => number): Pick<ChunkSpeed, 'absentKeys' | 'falsePositives'> {
  const keys = Array.from({ length: absentLookups }, () => linkKey(`${random().toString(36).slice(2, 10)}-`));
  const watch = new Stopwatch();
  watch.start();
  const passed = keys.filter((key) => reader.mayContain(key)).length;
  watch.stop(keys.length);
  return { absentKeys: watch.speed(), falsePositives: passed / keys.length };
}
