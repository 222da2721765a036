// SPDX-License-Identifier: Apache-2.0
import { compareBytes, concatBytes } from '@shortlink/common/bytes.ts';
import { zlibChunkCodec } from '../../../adapters/system/zlib-chunk-codec.ts';
import { defaultChunkParameters, type ChunkParameters } from '../chunk-parameters.ts';
import { ChunkReader, type BlockLoader } from '../chunk-reader.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { openTail, type ChunkSource } from '../chunk-source.ts';
import { ChunkWriter, type ChunkSummary } from '../chunk-writer.ts';
import { describeStateRow } from '../describe-state-row.ts';
import type { ChunkOrigin } from '../tail/chunk-properties.ts';
import { verifyChunk } from '../verify-chunk.ts';

export const codec = zlibChunkCodec;

export const testOrigin: ChunkOrigin = {
  clusterId: '00000000-0000-4000-8000-000000000001',
  shard: 7,
  generations: [3],
  inputs: [],
  node: '0123456789abcdef',
  term: 5,
};

/** Blocks so small that a few rows make several. */
export const smallBlocks: ChunkParameters = { ...defaultChunkParameters, blockMaxBytes: 400, sampleBytes: 1000 };

export interface BuiltChunk {
  readonly bytes: Uint8Array;
  readonly pieces: readonly Uint8Array[];
  readonly summary: ChunkSummary;
}

export function buildChunk(rows: readonly ChunkRow[], parameters: ChunkParameters = smallBlocks): BuiltChunk {
  const pieces: Uint8Array[] = [];
  const emit = (piece: Uint8Array): void => void pieces.push(piece);
  const writer = new ChunkWriter({ codec, origin: testOrigin, describe: describeStateRow, emit, parameters });
  for (const row of rows) writer.add(row);
  const summary = writer.finish();
  return { bytes: concatBytes(...pieces), pieces, summary };
}

/** A source that counts what it is asked for. */
export class BytesSource implements ChunkSource {
  readonly reads: { readonly offset: number; readonly length: number }[] = [];
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  readonly read = async (offset: number, length: number): Promise<Uint8Array> => {
    this.reads.push({ offset, length });
    return Promise.resolve(this.#bytes.slice(offset, offset + length));
  };
}

export async function openBytes(
  bytes: Uint8Array,
  options: { readonly source?: ChunkSource; readonly loadBlock?: BlockLoader; readonly tailBytes?: number } = {},
): Promise<ChunkReader> {
  const source = options.source ?? new BytesSource(bytes);
  const tail = await openTail(source, { codec, chunkBytes: bytes.length, tailBytes: options.tailBytes });
  return new ChunkReader({ tail, source, codec, loadBlock: options.loadBlock });
}

/** Opens a chunk and reads and checks everything in it. */
export async function verifyBytes(bytes: Uint8Array): Promise<void> {
  await verifyChunk(await openBytes(bytes), { codec, describe: describeStateRow });
}

export async function allRows(reader: ChunkReader): Promise<ChunkRow[]> {
  const rows: ChunkRow[] = [];
  for await (const some of reader.rows()) rows.push(...some);
  return rows;
}

export function sortedRows(rows: readonly ChunkRow[]): ChunkRow[] {
  const sorted = rows.toSorted((a, b) => compareBytes(a.key, b.key));
  return sorted.filter((row, i) => i === 0 || compareBytes(sorted[i - 1]?.key ?? row.key, row.key) !== 0);
}
