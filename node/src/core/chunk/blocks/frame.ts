// SPDX-License-Identifier: Apache-2.0
import { DecodeError, type ByteReader } from '@shortlink/common/byte-reader.ts';
import type { ByteWriter } from '@shortlink/common/byte-writer.ts';
import type { ChunkCodec } from '../chunk-codec.ts';

/** How a frame holds its bytes. The numbers are the format. */
const stored = 0;
const zstd = 1;
const zstdWithDictionary = 2;

/** Compression of one chunk. */
export interface Compression {
  readonly codec: ChunkCodec;
  readonly level: number;
}

/** Writes bytes in the shorter of two forms, as they are or compressed. */
export function writeFrame(
  writer: ByteWriter,
  bytes: Uint8Array,
  { codec, level }: Compression,
  dictionary?: Uint8Array,
): void {
  const packed = bytes.length === 0 ? bytes : codec.compress(bytes, { level, dictionary });
  if (packed.length >= bytes.length) {
    writer.uint8(stored).bytes(bytes);
    return;
  }
  writer
    .uint8(dictionary === undefined ? zstd : zstdWithDictionary)
    .varint(bytes.length)
    .bytes(packed);
}

export interface FrameOptions {
  readonly codec: ChunkCodec;
  /** Bytes at most, once decompressed. */
  readonly maxBytes: number;
  readonly dictionary?: Uint8Array | undefined;
}

/** Reads what writeFrame wrote. @throws DecodeError */
export function readFrame(reader: ByteReader, { codec, maxBytes, dictionary }: FrameOptions): Uint8Array {
  const method = reader.uint8();
  if (method > zstdWithDictionary) throw new DecodeError(`frame of unknown method ${method}`);
  const length = method === stored ? undefined : reader.varint();
  const bytes = reader.bytes();
  if ((length ?? bytes.length) > maxBytes) throw new DecodeError(`frame of more than ${maxBytes} bytes`);
  if (length === undefined) return bytes;
  if (method === zstd) return codec.decompress(bytes, length, undefined);
  if (dictionary === undefined) throw new DecodeError('a frame needs a dictionary that the chunk does not have');
  return codec.decompress(bytes, length, dictionary);
}
