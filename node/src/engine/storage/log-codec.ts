// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { crc32c } from '@shortlink/common/crc32c.ts';
import type { Entry, EntryType, HardState } from '../../core/raft/types.ts';

const formatVersion = 1;
const entryTypes: readonly EntryType[] = ['normal', 'confChange', 'confChangeV2'];

/** The record of one log entry: checksum of all that follows, version, type, term, data. The index is in the key and in the checksum. */
export function encodeLogEntry(entry: Entry): Uint8Array {
  const writer = new ByteWriter();
  writer.uint32(0).uint8(formatVersion).uint8(entryTypes.indexOf(entry.type));
  writer.varint(entry.term).varint(entry.index).raw(entry.data);
  return sealed(writer.finish());
}

/** @throws DecodeError when the bytes are not what was written for this index. */
export function decodeLogEntry(index: number, bytes: Uint8Array): Entry {
  const reader = checked(bytes, 'log entry');
  const type = entryTypes[reader.uint8()];
  if (type === undefined) throw new DecodeError('log entry of an unknown type');
  const term = reader.varint();
  const written = reader.varint();
  if (written !== index) throw new DecodeError(`log entry ${written} found under index ${index}`);
  return { term, index, type, data: reader.raw(reader.remaining) };
}

export function encodeHardState(state: HardState): Uint8Array {
  const writer = new ByteWriter().uint32(0).uint8(formatVersion);
  return sealed(writer.varint(state.term).varint(state.vote).varint(state.commit).finish());
}

/** @throws DecodeError */
export function decodeHardState(bytes: Uint8Array): HardState {
  const reader = checked(bytes, 'hard state');
  const state = { term: reader.varint(), vote: reader.varint(), commit: reader.varint() };
  reader.end();
  return state;
}

/** Index and term of the last entry that is no longer in the log. */
export interface Truncation {
  readonly index: number;
  readonly term: number;
}

export function encodeTruncation(truncation: Truncation): Uint8Array {
  const writer = new ByteWriter().uint32(0).uint8(formatVersion);
  return sealed(writer.varint(truncation.index).varint(truncation.term).finish());
}

/** @throws DecodeError */
export function decodeTruncation(bytes: Uint8Array): Truncation {
  const reader = checked(bytes, 'truncation record');
  const truncation = { index: reader.varint(), term: reader.varint() };
  reader.end();
  return truncation;
}

function sealed(record: Uint8Array): Uint8Array {
  const crc = crc32c(record.subarray(4));
  record[0] = crc >>> 24;
  record[1] = crc >>> 16;
  record[2] = crc >>> 8;
  record[3] = crc;
  return record;
}

function checked(bytes: Uint8Array, what: string): ByteReader {
  const reader = new ByteReader(bytes);
  const expected = reader.uint32();
  const actual = crc32c(bytes.subarray(4)) >>> 0;
  if (expected !== actual) throw new DecodeError(`${what}: checksum ${actual} instead of ${expected}`);
  const version = reader.uint8();
  if (version !== formatVersion) throw new DecodeError(`${what}: format version ${version} is not known`);
  return reader;
}
