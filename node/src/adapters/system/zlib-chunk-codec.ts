// SPDX-License-Identifier: Apache-2.0
import { createHash, hash } from 'node:crypto';
import { constants, crc32, zstdCompressSync, zstdDecompressSync, type ZstdOptions } from 'node:zlib';
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ChunkCodec, CompressOptions, Sha256 } from '../../core/chunk/chunk-codec.ts';

/** A frame that asks for a larger window is refused before memory is taken for it; 8 MiB are above every block. */
const windowLogMax = 23;
const minChunkSize = 64;

/** The same bytes without the methods of Buffer, of which `slice` means something else. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function withDictionary(options: ZstdOptions, dictionary: Uint8Array | undefined): ZstdOptions {
  return dictionary === undefined ? options : { ...options, dictionary };
}

function compress(bytes: Uint8Array, { level, dictionary }: CompressOptions): Uint8Array {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 0 };
  return plain(zstdCompressSync(bytes, withDictionary({ params }, dictionary)));
}

function decompress(bytes: Uint8Array, rawLength: number, dictionary: Uint8Array | undefined): Uint8Array {
  const options: ZstdOptions = {
    params: { [constants.ZSTD_d_windowLogMax]: windowLogMax },
    maxOutputLength: Math.max(1, rawLength),
    chunkSize: Math.max(minChunkSize, rawLength),
  };
  const raw = decompressOrThrow(bytes, withDictionary(options, dictionary));
  if (raw.length !== rawLength) throw new DecodeError(`zstd frame of ${raw.length} bytes instead of ${rawLength}`);
  return raw;
}

function decompressOrThrow(bytes: Uint8Array, options: ZstdOptions): Uint8Array {
  try {
    return plain(zstdDecompressSync(bytes, options));
  } catch (cause) {
    throw new DecodeError('a zstd frame cannot be decompressed', { cause });
  }
}

function sha256(): Sha256 {
  const running = createHash('sha256');
  return {
    update: (bytes) => void running.update(bytes),
    digest: () => plain(running.digest()),
  };
}

/** The chunk codec of Node.js: zstd and CRC-32 of node:zlib, SHA-256 of node:crypto. */
export const zlibChunkCodec: ChunkCodec = {
  compress,
  decompress,
  crc32: (bytes) => crc32(bytes),
  sha256,
  sha256Of: (bytes) => plain(hash('sha256', bytes, 'buffer')),
};
