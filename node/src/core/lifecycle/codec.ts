// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ByteReader } from '@shortlink/common/byte-reader.ts';
import type { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { fromHex, toHex } from '@shortlink/common/bytes.ts';
import type { ChunkFormat, ChunkObject, DroppedRows, Placement } from './types.ts';

// Fields that entries and rows of the lifecycle share.

/** Nodes, replicas or names in one list: far above what a cluster has, far below what would hurt. */
const listMax = 100_000;

export function writeChunkFormat(writer: ByteWriter, format: ChunkFormat): void {
  writer.varint(format.version).varint(format.blockMaxBytes).varint(format.compressionLevel);
  writer.varint(format.dictionaryMaxBytes).varint(format.sampleBytes);
}

export function readChunkFormat(reader: ByteReader): ChunkFormat {
  return {
    version: reader.varint(),
    blockMaxBytes: reader.varint(),
    compressionLevel: reader.varint(),
    dictionaryMaxBytes: reader.varint(),
    sampleBytes: reader.varint(),
  };
}

export function writeChunkObject(writer: ByteWriter, object: ChunkObject): void {
  writer.text(object.name).varint(object.sizeBytes).varint(object.tailBytes);
  writer.bytes(fromHex(object.contentDigest)).bytes(fromHex(object.checksum)).varint(object.rows);
  writer.bytes(object.firstKey).bytes(object.lastKey);
  writer.varint(object.minRevision).varint(object.maxRevision);
}

/** Its keys are copies: the record outlives the bytes that it was read from. */
export function readChunkObject(reader: ByteReader): ChunkObject {
  return {
    name: reader.text(),
    sizeBytes: reader.varint(),
    tailBytes: reader.varint(),
    contentDigest: toHex(reader.bytes()),
    checksum: toHex(reader.bytes()),
    rows: reader.varint(),
    firstKey: new Uint8Array(reader.bytes()),
    lastKey: new Uint8Array(reader.bytes()),
    minRevision: reader.varint(),
    maxRevision: reader.varint(),
  };
}

export function writePlacement(writer: ByteWriter, placement: Placement): void {
  writer.varint(placement.ringEpoch).varint(placement.redundancy);
  writeTexts(writer, placement.nodes);
}

export function readPlacement(reader: ByteReader): Placement {
  return { ringEpoch: reader.varint(), redundancy: reader.varint(), nodes: readTexts(reader) };
}

export function writeDroppedRows(writer: ByteWriter, { rows, checksum }: DroppedRows): void {
  writer.varint(rows).bytes(fromHex(checksum));
}

export function readDroppedRows(reader: ByteReader): DroppedRows {
  return { rows: reader.varint(), checksum: toHex(reader.bytes()) };
}

export function writeTexts(writer: ByteWriter, texts: readonly string[]): void {
  writer.varint(texts.length);
  for (const text of texts) writer.text(text);
}

export function readTexts(reader: ByteReader): string[] {
  return readList(reader, () => reader.text());
}

/** @throws DecodeError when the list is longer than anything that was written. */
export function readList<T>(reader: ByteReader, read: () => T): T[] {
  const count = reader.varint();
  if (count > listMax) throw new DecodeError(`list of ${count}`);
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read());
  return items;
}
