// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { expectVersion } from './wire-fields.ts';

// Rows of the indexes by creator and by expiry. A tombstone hides the same key in older generations and chunks.

const formatVersion = 1;
const live = 0;
const tombstone = 1;

/** `code`: of the link that the row points to, UTF-8. */
export function encodeIndexRow(code: Uint8Array): Uint8Array {
  return new ByteWriter().uint8(formatVersion).uint8(live).bytes(code).finish();
}

export const indexTombstone: Uint8Array = Uint8Array.of(formatVersion, tombstone);

/** The code, or undefined for a tombstone. @throws DecodeError */
export function decodeIndexRow(value: Uint8Array): string | undefined {
  const reader = new ByteReader(value);
  expectVersion(reader, formatVersion, 'index row');
  const kind = reader.uint8();
  if (kind > tombstone) throw new DecodeError(`index row of unknown kind ${kind}`);
  const code = kind === live ? reader.text() : undefined;
  reader.end();
  return code;
}
