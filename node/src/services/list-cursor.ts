// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { equalBytes, utf8 } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { Revision, ShardId } from '@shortlink/common/ids.ts';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import type { Sha256 } from './dependencies.ts';

const version = 1;
const ownerBytes = 4;

/** Where each shard stands. Opaque to clients: its form may change with any version. */
export function encodeListCursor(sha256: Sha256, creatorId: string, positions: ReadonlyMap<ShardId, Revision>): string {
  const writer = new ByteWriter().uint8(version).raw(owner(sha256, creatorId)).varint(positions.size);
  for (const [shard, revision] of positions) writer.varint(shard).varint(revision);
  return toBase64Url(writer.finish());
}

/** @throws ServiceError invalid */
export function decodeListCursor(sha256: Sha256, creatorId: string, cursor: string): Map<ShardId, Revision> {
  const bytes = fromBase64Url(cursor);
  const positions = bytes === undefined ? undefined : readPositions(bytes, owner(sha256, creatorId));
  if (positions === undefined) {
    throw new ServiceError('invalid', 'the cursor does not come from a page of this list', { field: 'cursor' });
  }
  return positions;
}

function readPositions(bytes: Uint8Array, expectedOwner: Uint8Array): Map<ShardId, Revision> | undefined {
  try {
    const reader = new ByteReader(bytes);
    if (reader.uint8() !== version || !equalBytes(reader.raw(ownerBytes), expectedOwner)) return undefined;
    const positions = new Map<ShardId, Revision>();
    for (let count = reader.varint(); count > 0; count--) positions.set(reader.varint(), reader.varint());
    reader.end();
    return positions;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** A cursor used with another creator would skip links silently. */
function owner(sha256: Sha256, creatorId: string): Uint8Array {
  return sha256(utf8(creatorId)).subarray(0, ownerBytes);
}
