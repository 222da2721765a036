// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { fromBase64Url, toBase64Url } from './base64url.ts';

const version = 1;

/** The next chunk of a listing is the first one of this shard whose name comes after `after`. */
export interface ChunkPosition {
  readonly shard: ShardId;
  readonly after: string;
}

/** Opaque to clients: its form may change with any version. */
export function encodeChunkCursor({ shard, after }: ChunkPosition): string {
  return toBase64Url(new ByteWriter().uint8(version).varint(shard).text(after).finish());
}

/** @throws ServiceError invalid */
export function decodeChunkCursor(cursor: string): ChunkPosition {
  const position = readPosition(fromBase64Url(cursor) ?? new Uint8Array(0));
  if (position !== undefined) return position;
  throw new ServiceError('invalid', 'the cursor does not come from a page of this list', { field: 'cursor' });
}

function readPosition(bytes: Uint8Array): ChunkPosition | undefined {
  try {
    const reader = new ByteReader(bytes);
    if (reader.uint8() !== version) return undefined;
    const position = { shard: reader.varint(), after: reader.text() };
    reader.end();
    return position;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
