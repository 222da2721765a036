// SPDX-License-Identifier: Apache-2.0
import { crc32c, unmaskCrc32c } from '@shortlink/common/crc32c.ts';

// Physical records of RocksDB's write-ahead log. Source: the RocksDB wiki, "Write Ahead Log File Format".
// A file is a run of 32 KiB blocks; a record never crosses a block, so a write of a batch may become several fragments.
//   legacy     crc32c(4, masked)  length(2)  type(1)                payload      (all little-endian)
//   recyclable crc32c(4, masked)  length(2)  type(1)  log number(4) payload
// The checksum covers type, log number and payload. A rest of a block too short for a header is zeros.

export const walBlockBytes = 32_768;
export const legacyHeaderBytes = 7;
export const recyclableHeaderBytes = 11;

export type FragmentKind = 'full' | 'first' | 'middle' | 'last' | 'annotation';

const fragmentKinds: readonly (FragmentKind | undefined)[] = [
  undefined, // zeros of a file that was allocated ahead
  'full',
  'first',
  'middle',
  'last',
  'full', // 5 to 8: the same in a recycled file
  'first',
  'middle',
  'last',
  'annotation', // 9: the compression of the file
  'annotation', // 10, 11: sizes of user-defined timestamps
  'annotation',
];

const firstRecyclableType = 5;
const lastRecyclableType = 8;
const recyclableAnnotationType = 11;
export const compressionType = 9;

export type RecordProblem =
  | 'zeros'
  | 'unknown type'
  | 'runs past its block'
  | 'checksum mismatch'
  | 'of an earlier file';

/** A parsed header, one object used again and again: a log has millions of records. */
export interface PhysicalRecord {
  problem: RecordProblem | undefined;
  kind: FragmentKind | undefined;
  type: number;
  /** Of the payload within the block. */
  start: number;
  end: number;
}

export function emptyRecord(): PhysicalRecord {
  return { problem: undefined, kind: undefined, type: 0, start: 0, end: 0 };
}

function isRecyclable(type: number): boolean {
  return (type >= firstRecyclableType && type <= lastRecyclableType) || type === recyclableAnnotationType;
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}

/** Parses the header at `at` into `out` without looking at the payload; at least a legacy header must fit. */
export function parseHeader(block: Uint8Array, at: number, out: PhysicalRecord): void {
  const type = block[at + 6] ?? 0;
  const length = (block[at + 4] ?? 0) | ((block[at + 5] ?? 0) << 8);
  out.type = type;
  out.kind = fragmentKinds[type];
  out.start = at + (isRecyclable(type) ? recyclableHeaderBytes : legacyHeaderBytes);
  out.end = out.start + length;
  out.problem = undefined;
  if (out.kind === undefined) {
    out.problem = type === 0 && length === 0 && uint32(block, at) === 0 ? 'zeros' : 'unknown type';
  } else if (out.end > block.length) {
    out.problem = 'runs past its block';
  }
}

/** Parses the record at `at` into `out` and checks its checksum. `logNumber` is the number in the file's name. */
export function parseRecord(block: Uint8Array, at: number, logNumber: number, out: PhysicalRecord): void {
  parseHeader(block, at, out);
  if (out.problem !== undefined) return;
  if (crc32c(block, at + 6, out.end) !== unmaskCrc32c(uint32(block, at))) {
    out.problem = 'checksum mismatch';
  } else if (isRecyclable(out.type) && uint32(block, at + 7) !== logNumber % 2 ** 32) {
    out.problem = 'of an earlier file';
  }
}

/** The header of RocksDB's WriteBatch: sequence number of the first operation (8 bytes) and number of operations (4). */
export const batchHeaderBytes = 12;

export function batchSequence(header: Uint8Array, at: number): number {
  return uint32(header, at) + uint32(header, at + 4) * 2 ** 32;
}

export function batchCount(header: Uint8Array, at: number): number {
  return uint32(header, at + 8);
}
