// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';

/** The bytes of a chunk are not what its writer wrote: it must not be used, and another copy is needed. */
export class ChunkCorruptError extends Error {
  override readonly name = 'ChunkCorruptError';
}

/** Runs what decodes a part of a chunk. @throws ChunkCorruptError instead of DecodeError, with the name of the part. */
export function decoding<T>(part: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof DecodeError) throw new ChunkCorruptError(`${part} is corrupt: ${cause.message}`, { cause });
    throw cause;
  }
}
