// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { decodeNumbers, encodeNumbers, unzigzag, zigzag } from '../bits/number-column.ts';
import { readFrame, writeFrame, type Compression } from '../blocks/frame.ts';
import type { ChunkCodec } from '../chunk-codec.ts';
import { chunkLimits } from '../chunk-limits.ts';
import { CreatorTable } from '../links/creator-table.ts';
import type { ReadableLinkModel, WritableLinkModel } from '../links/link-model.ts';
import { Timeline, type TimelineKnot } from '../links/timeline.ts';
import { UrlPrefixes } from '../links/url-prefixes.ts';

/** What the blocks of a chunk are read with, beside their own bytes. */
export interface ChunkModel {
  readonly links: ReadableLinkModel;
  /** Of the blocks of any rows. */
  readonly rowDictionary: Uint8Array | undefined;
  /** Of what was decoded. */
  readonly memoryBytes: number;
}

export interface WritableChunkModel {
  /** Undefined in a chunk without links. */
  readonly links: WritableLinkModel | undefined;
  readonly rowDictionary: Uint8Array | undefined;
}

export function encodeChunkModel({ links, rowDictionary }: WritableChunkModel, compression: Compression): Uint8Array {
  const writer = new ByteWriter();
  const prefixes = links?.prefixes.list ?? [];
  writer.varint(prefixes.length);
  for (const prefix of prefixes) writer.bytes(prefix);
  writeTimeline(writer, links?.timeline.knots() ?? []);
  writer.varint(links?.creators.count ?? 0);
  writeFrame(writer, links?.creators.names() ?? empty, compression);
  writeFrame(writer, links?.dictionary ?? empty, compression);
  writeFrame(writer, rowDictionary ?? empty, compression);
  return writer.finish();
}

/** @throws DecodeError */
export function decodeChunkModel(bytes: Uint8Array, codec: ChunkCodec): ChunkModel {
  const reader = new ByteReader(bytes);
  const prefixes = new UrlPrefixes(readPrefixes(reader));
  const timeline = readTimeline(reader);
  const creatorCount = countOf(reader, chunkLimits.creatorsMax, 'creators');
  const names = readFrame(reader, { codec, maxBytes: chunkLimits.creatorsMaxBytes });
  const creators = new CreatorTable(names, creatorCount);
  const dictionary = readDictionary(reader, codec);
  const rowDictionary = readDictionary(reader, codec);
  reader.end();
  const dictionaryBytes = (dictionary?.length ?? 0) + (rowDictionary?.length ?? 0);
  const memoryBytes = timeline.memoryBytes + creators.memoryBytes + dictionaryBytes;
  return { links: { prefixes, timeline, creators, dictionary }, rowDictionary, memoryBytes };
}

const empty = new Uint8Array(0);

function readPrefixes(reader: ByteReader): Uint8Array[] {
  const count = countOf(reader, chunkLimits.urlPrefixesMax, 'URL prefixes');
  return Array.from({ length: count }, () => {
    const prefix = reader.bytes();
    if (prefix.length === 0 || prefix.length > chunkLimits.urlPrefixMaxBytes)
      throw new DecodeError(`URL prefix of ${prefix.length} bytes`);
    return prefix;
  });
}

/** Two columns: revisions as differences, minus one after the first; times as zigzag differences. */
function writeTimeline(writer: ByteWriter, knots: readonly TimelineKnot[]): void {
  const revisions: number[] = [];
  const times: number[] = [];
  let last: TimelineKnot = { revision: -1, timeMs: 0 };
  for (const knot of knots) {
    revisions.push(knot.revision - last.revision - 1);
    times.push(zigzag(knot.timeMs - last.timeMs));
    last = knot;
  }
  writer.varint(knots.length).bytes(encodeNumbers(revisions)).bytes(encodeNumbers(times));
}

function readTimeline(reader: ByteReader): Timeline {
  const count = countOf(reader, chunkLimits.timelineMaxKnots, 'knots');
  const revisions = decodeNumbers(reader.bytes(), count);
  const times = decodeNumbers(reader.bytes(), count);
  const knots: TimelineKnot[] = [];
  let revision = -1;
  let timeMs = 0;
  for (let i = 0; i < count; i++) {
    revision += (revisions[i] ?? 0) + 1;
    timeMs += unzigzag(times[i] ?? 0);
    if (!Number.isSafeInteger(revision) || !Number.isSafeInteger(timeMs)) throw new DecodeError('a knot beyond 2^53');
    knots.push({ revision, timeMs });
  }
  return new Timeline(knots);
}

function readDictionary(reader: ByteReader, codec: ChunkCodec): Uint8Array | undefined {
  const bytes = readFrame(reader, { codec, maxBytes: chunkLimits.dictionaryMaxBytes });
  return bytes.length === 0 ? undefined : bytes;
}

function countOf(reader: ByteReader, max: number, what: string): number {
  const count = reader.varint();
  if (count > max) throw new DecodeError(`${count} ${what}, more than ${max}`);
  return count;
}
