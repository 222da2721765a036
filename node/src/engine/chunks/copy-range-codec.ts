// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { CopyRange } from '../../ports/chunk-peers.ts';

const formatVersion = 1;

/** A question for a part of a copy, as nodes send it to each other. */
export function encodeCopyRange({ name, offset, length }: CopyRange): Uint8Array {
  return new ByteWriter().uint8(formatVersion).text(name).varint(offset).varint(length).finish();
}

/** @throws DecodeError, also for more than one answer may hold. */
export function decodeCopyRange(bytes: Uint8Array): CopyRange {
  const reader = new ByteReader(bytes);
  const version = reader.uint8();
  if (version !== formatVersion) throw new DecodeError(`copy range of unknown version ${version}`);
  const range = { name: reader.text(), offset: reader.varint(), length: reader.varint() };
  reader.end();
  if (range.length === 0 || range.length > limits.copyReadMaxBytes)
    throw new DecodeError(`${range.length} bytes of a copy`);
  return range;
}
