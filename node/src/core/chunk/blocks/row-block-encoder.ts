// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { commonPrefixLength } from '@shortlink/common/bytes.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { blockEncodings } from './block.ts';
import { writeFrame, type Compression } from './frame.ts';

/** Rows from one restart point to the next: the first of them has its whole key. */
export const restartInterval = 16;

/** A block of any rows: prefix-compressed keys in groups, compressed as a whole. */
export function encodeRowBlock(
  rows: readonly ChunkRow[],
  compression: Compression,
  dictionary: Uint8Array | undefined,
): Uint8Array {
  const payload = rowBlockPayload(rows);
  const writer = new ByteWriter().uint8(blockEncodings.rows);
  writeFrame(writer, payload, compression, dictionary);
  return writer.finish();
}

/** The lengths of the groups, so that a reader finds the restart points; then the groups. */
export function rowBlockPayload(rows: readonly ChunkRow[]): Uint8Array {
  const lengths = new ByteWriter();
  const groups = new ByteWriter();
  for (let start = 0; start < rows.length; start += restartInterval) {
    const before = groups.length;
    writeGroup(groups, rows.slice(start, start + restartInterval));
    lengths.varint(groups.length - before);
  }
  return lengths.raw(groups.view()).finish();
}

function writeGroup(writer: ByteWriter, rows: readonly ChunkRow[]): void {
  let previous: Uint8Array | undefined;
  for (const { key, value } of rows) {
    if (previous === undefined) {
      writer.bytes(key);
    } else {
      const shared = commonPrefixLength(previous, key);
      writer.varint(shared).bytes(key.subarray(shared));
    }
    writer.bytes(value);
    previous = key;
  }
}
