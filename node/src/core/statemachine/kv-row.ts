// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import type { Revision } from '@shortlink/common/ids.ts';
import { expectVersion } from './wire-fields.ts';

/** The value of a key-value row; undefined `value`: a tombstone that hides older generations and chunks. */
export interface KvRowValue {
  readonly value: Uint8Array | undefined;
  readonly createRevision: Revision;
  readonly revision: Revision;
  /** 1 after the creation, raised by every put. */
  readonly version: number;
}

const formatVersion = 1;
const live = 0;
const tombstone = 1;

export function encodeKvValue(row: KvRowValue): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion);
  if (row.value === undefined) return writer.uint8(tombstone).varint(row.revision).finish();
  writer
    .uint8(live)
    .varint(row.createRevision)
    .varint(row.revision - row.createRevision)
    .varint(row.version);
  return writer.raw(row.value).finish();
}

/** @throws DecodeError */
export function decodeKvValue(bytes: Uint8Array): KvRowValue {
  const reader = new ByteReader(bytes);
  expectVersion(reader, formatVersion, 'key-value row');
  const kind = reader.uint8();
  if (kind === tombstone) {
    const revision = reader.varint();
    reader.end();
    return { value: undefined, createRevision: revision, revision, version: 0 };
  }
  if (kind !== live) throw new DecodeError(`key-value row of unknown kind ${kind}`);
  const createRevision = reader.varint();
  const revision = createRevision + reader.varint();
  const version = reader.varint();
  return { value: reader.raw(reader.remaining), createRevision, revision, version };
}
