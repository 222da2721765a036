// SPDX-License-Identifier: Apache-2.0
import type { ByteReader } from '@shortlink/common/byte-reader.ts';
import type { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { readList } from './codec.ts';
import {
  decodeChunkRecord,
  decodeGarbageRecord,
  decodeGenerationRecord,
  decodeMergeRecord,
  encodeChunkRecord,
  encodeGarbageRecord,
  encodeGenerationRecord,
  encodeMergeRecord,
} from './records-codec.ts';
import { generationStates } from './types.ts';
import type { GenerationState } from './types.ts';
import type { GenerationSummary, LifecycleRecords, LifecycleView } from './view.ts';
import { DecodeError } from '@shortlink/common/byte-reader.ts';

// A shard's lifecycle between nodes and threads.

export function writeLifecycleView(writer: ByteWriter, view: LifecycleView): void {
  writer.varint(view.lifecycleVersion).varint(view.chunkSetVersion).varint(view.timeMs);
  for (const half of [view.voters, view.votersOutgoing]) {
    writer.varint(half.length);
    for (const replica of half) writer.varint(replica);
  }
  writer.varint(view.generations.length);
  for (const generation of view.generations) writeSummary(writer, generation);
  writer.uint8(view.records === undefined ? 0 : 1);
  if (view.records !== undefined) writeRecords(writer, view.records);
}

/** @throws DecodeError */
export function readLifecycleView(reader: ByteReader): LifecycleView {
  return {
    lifecycleVersion: reader.varint(),
    chunkSetVersion: reader.varint(),
    timeMs: reader.varint(),
    voters: readList(reader, () => reader.varint()),
    votersOutgoing: readList(reader, () => reader.varint()),
    generations: readList(reader, () => readSummary(reader)),
    records: reader.uint8() === 0 ? undefined : readRecords(reader),
  };
}

function writeSummary(writer: ByteWriter, { id, state, rows, bytes, startedAtMs }: GenerationSummary): void {
  writer.varint(id).uint8(generationStates.indexOf(state)).varint(rows).varint(bytes).varint(startedAtMs);
}

function readSummary(reader: ByteReader): GenerationSummary {
  return {
    id: reader.varint(),
    state: readState(reader.uint8()),
    rows: reader.varint(),
    bytes: reader.varint(),
    startedAtMs: reader.varint(),
  };
}

function readState(place: number): GenerationState {
  const state = generationStates[place];
  if (state === undefined) throw new DecodeError(`generation in unknown state ${place}`);
  return state;
}

function writeRecords(writer: ByteWriter, records: LifecycleRecords): void {
  writeAll(writer, records.generations.map(encodeGenerationRecord));
  writeAll(writer, records.chunks.map(encodeChunkRecord));
  writeAll(writer, records.garbage.map(encodeGarbageRecord));
  writeAll(writer, records.merge === undefined ? [] : [encodeMergeRecord(records.merge)]);
}

function writeAll(writer: ByteWriter, values: readonly Uint8Array[]): void {
  writer.varint(values.length);
  for (const value of values) writer.bytes(value);
}

function readRecords(reader: ByteReader): LifecycleRecords {
  return {
    generations: readList(reader, () => decodeGenerationRecord(reader.bytes())),
    chunks: readList(reader, () => decodeChunkRecord(reader.bytes())),
    garbage: readList(reader, () => decodeGarbageRecord(reader.bytes())),
    merge: readList(reader, () => decodeMergeRecord(reader.bytes()))[0],
  };
}
