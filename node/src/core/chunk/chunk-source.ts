// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { ChunkCorruptError, decoding } from './chunk-corrupt-error.ts';
import type { ChunkCodec } from './chunk-codec.ts';
import { decodeFooter, footerBytes, tailBytesOf } from './tail/chunk-footer.ts';
import { ChunkTail } from './tail/chunk-tail.ts';

/** Where the bytes of a chunk come from: a file, an object, another node. */
export interface ChunkSource {
  /** `length` bytes from `offset` on; fewer only where the chunk ends before. Throws what the source throws. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
}

/** @throws ChunkCorruptError when the source has fewer bytes */
export async function readExactly(source: ChunkSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.length === length) return bytes;
  throw new ChunkCorruptError(`${bytes.length} bytes at ${offset} instead of ${length}: the chunk is cut off`);
}

export interface OpenOptions {
  readonly codec: ChunkCodec;
  readonly chunkBytes: number;
  /** From the summary of the writer: one read is enough then. Undefined: the footer is read first. */
  readonly tailBytes?: number | undefined;
}

/** Reads and checks everything but the blocks. @throws ChunkCorruptError */
export async function openTail(source: ChunkSource, options: OpenOptions): Promise<ChunkTail> {
  const { codec, chunkBytes } = options;
  const tailBytes = options.tailBytes ?? (await tailLength(source, options));
  if (tailBytes > chunkBytes) throw new ChunkCorruptError(`a tail of ${tailBytes} bytes in a chunk of ${chunkBytes}`);
  const bytes = await readExactly(source, chunkBytes - tailBytes, tailBytes);
  return decoding('the tail', () => {
    const tail = new ChunkTail(bytes, codec);
    if (tail.chunkBytes !== chunkBytes) throw new DecodeError(`${chunkBytes} bytes of a chunk of ${tail.chunkBytes}`);
    return tail;
  });
}

async function tailLength(source: ChunkSource, { codec, chunkBytes }: OpenOptions): Promise<number> {
  if (chunkBytes < footerBytes) throw new ChunkCorruptError(`${chunkBytes} bytes are no chunk`);
  const footer = await readExactly(source, chunkBytes - footerBytes, footerBytes);
  return decoding('the footer', () => tailBytesOf(decodeFooter(footer, codec)));
}
