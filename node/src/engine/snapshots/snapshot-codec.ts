// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { crc32c } from '@shortlink/common/crc32c.ts';
import type { ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import type { SnapshotMetadata } from '../../core/raft/types.ts';
import type { Row } from '../../ports/kv-engine.ts';

/** What precedes the chunks of a snapshot. */
export interface SnapshotHeader {
  readonly clusterId: string;
  readonly shard: ShardId;
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  /** Term of the sending leader. */
  readonly term: number;
  readonly metadata: SnapshotMetadata;
}

const kindRows = 1;
const kindEnd = 2;

export function encodeRowsChunk(rows: readonly Row[]): Uint8Array {
  const body = new ByteWriter().uint8(kindRows).varint(rows.length);
  for (const row of rows) body.bytes(row.key).bytes(row.value);
  return withChecksum(body);
}

/** The last chunk: how many rows there were, so that a lost chunk cannot go unnoticed. */
export function encodeEndChunk(rowCount: number): Uint8Array {
  return withChecksum(new ByteWriter().uint8(kindEnd).varint(rowCount));
}

export type SnapshotChunk =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'end'; readonly rowCount: number };

/** @throws DecodeError */
export function decodeChunk(bytes: Uint8Array): SnapshotChunk {
  const reader = new ByteReader(bytes);
  const expected = reader.uint32();
  const actual = crc32c(bytes.subarray(4)) >>> 0;
  if (expected !== actual) throw new DecodeError(`snapshot chunk: checksum ${actual} instead of ${expected}`);
  const kind = reader.uint8();
  const count = reader.varint();
  if (kind === kindEnd) {
    reader.end();
    return { kind: 'end', rowCount: count };
  }
  if (kind !== kindRows) throw new DecodeError(`snapshot chunk of unknown kind ${kind}`);
  const rows: Row[] = [];
  for (let i = 0; i < count; i++) rows.push({ key: reader.bytes(), value: reader.bytes() });
  reader.end();
  return { kind: 'rows', rows };
}

function withChecksum(body: ByteWriter): Uint8Array {
  const bytes = body.finish();
  return new ByteWriter()
    .uint32(crc32c(bytes) >>> 0)
    .raw(bytes)
    .finish();
}
