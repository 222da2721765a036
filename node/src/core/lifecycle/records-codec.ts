// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { fromHex, toHex } from '@shortlink/common/bytes.ts';
import {
  readChunkFormat,
  readChunkObject,
  readDroppedRows,
  readList,
  readPlacement,
  readTexts,
  writeChunkFormat,
  writeChunkObject,
  writeDroppedRows,
  writePlacement,
  writeTexts,
} from './codec.ts';
import type { ChunkRecord, GarbageRecord, GenerationRecord, MergeRecord, MergeResult } from './types.ts';

// Values of the rows that hold the lifecycle: one a sealed generation, one a chunk, one an object
// that may be deleted, one the merge that is under way.

const formatVersion = 1;

function open(bytes: Uint8Array, what: string): ByteReader {
  const reader = new ByteReader(bytes);
  const version = reader.uint8();
  if (version !== formatVersion) throw new DecodeError(`${what} of unknown version ${version}`);
  return reader;
}

function writeMaybe<T>(writer: ByteWriter, value: T | undefined, write: (value: T) => void): void {
  writer.uint8(value === undefined ? 0 : 1);
  if (value !== undefined) write(value);
}

function readMaybe<T>(reader: ByteReader, read: () => T): T | undefined {
  const flag = reader.uint8();
  if (flag > 1) throw new DecodeError(`flag is ${flag}`);
  return flag === 1 ? read() : undefined;
}

export function encodeGenerationRecord(record: GenerationRecord): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion);
  writer.varint(record.id).varint(record.sealedIndex).varint(record.sealedTerm).varint(record.sealedAtMs);
  writeChunkFormat(writer, record.format);
  writer.varint(record.votes.length);
  for (const { replica, digest } of record.votes) writer.varint(replica).bytes(fromHex(digest));
  writeMaybe(writer, record.object, (object) => writeChunkObject(writer, object));
  writeMaybe(writer, record.readback, (digest) => writer.bytes(fromHex(digest)));
  writeMaybe(writer, record.placement, (placement) => writePlacement(writer, placement));
  writeTexts(writer, record.holders);
  return writer.finish();
}

/** @throws DecodeError */
export function decodeGenerationRecord(bytes: Uint8Array): GenerationRecord {
  const reader = open(bytes, 'generation record');
  const record: GenerationRecord = {
    id: reader.varint(),
    sealedIndex: reader.varint(),
    sealedTerm: reader.varint(),
    sealedAtMs: reader.varint(),
    format: readChunkFormat(reader),
    votes: readList(reader, () => ({ replica: reader.varint(), digest: toHex(reader.bytes()) })),
    object: readMaybe(reader, () => readChunkObject(reader)),
    readback: readMaybe(reader, () => toHex(reader.bytes())),
    placement: readMaybe(reader, () => readPlacement(reader)),
    holders: readTexts(reader),
  };
  reader.end();
  return record;
}

export function encodeChunkRecord(record: ChunkRecord): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion);
  writeChunkObject(writer, record.object);
  writer.varint(record.firstGeneration).varint(record.lastGeneration).varint(record.level).varint(record.addedVersion);
  writeTexts(writer, record.holders);
  return writer.finish();
}

/** @throws DecodeError */
export function decodeChunkRecord(bytes: Uint8Array): ChunkRecord {
  const reader = open(bytes, 'chunk record');
  const record: ChunkRecord = {
    object: readChunkObject(reader),
    firstGeneration: reader.varint(),
    lastGeneration: reader.varint(),
    level: reader.varint(),
    addedVersion: reader.varint(),
    holders: readTexts(reader),
  };
  reader.end();
  return record;
}

export function encodeGarbageRecord(record: GarbageRecord): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion).text(record.name).varint(record.sizeBytes);
  return writer.varint(record.unlinkedVersion).varint(record.unlinkedAtMs).finish();
}

/** @throws DecodeError */
export function decodeGarbageRecord(bytes: Uint8Array): GarbageRecord {
  const reader = open(bytes, 'garbage record');
  const record: GarbageRecord = {
    name: reader.text(),
    sizeBytes: reader.varint(),
    unlinkedVersion: reader.varint(),
    unlinkedAtMs: reader.varint(),
  };
  reader.end();
  return record;
}

export function encodeMergeRecord(record: MergeRecord): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion);
  writer.varint(record.id).varint(record.term).varint(record.startedAtMs).text(record.node);
  writeTexts(writer, record.inputs);
  writeMaybe(writer, record.result, (result) => writeMergeResult(writer, result));
  return writer.finish();
}

/** @throws DecodeError */
export function decodeMergeRecord(bytes: Uint8Array): MergeRecord {
  const reader = open(bytes, 'merge record');
  const record: MergeRecord = {
    id: reader.varint(),
    term: reader.varint(),
    startedAtMs: reader.varint(),
    node: reader.text(),
    inputs: readTexts(reader),
    result: readMaybe(reader, () => readMergeResult(reader)),
  };
  reader.end();
  return record;
}

function writeMergeResult(writer: ByteWriter, { outputs, dropped, mergedAtMs }: MergeResult): void {
  writer.varint(outputs.length);
  for (const { object, holders } of outputs) {
    writeChunkObject(writer, object);
    writeTexts(writer, holders);
  }
  writeDroppedRows(writer, dropped);
  writer.varint(mergedAtMs);
}

function readMergeResult(reader: ByteReader): MergeResult {
  return {
    outputs: readList(reader, () => ({ object: readChunkObject(reader), holders: readTexts(reader) })),
    dropped: readDroppedRows(reader),
    mergedAtMs: reader.varint(),
  };
}
