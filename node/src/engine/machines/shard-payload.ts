// SPDX-License-Identifier: Apache-2.0
import { ByteReader } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';

/** A list of records, as requests and answers about a shard travel between threads and nodes. */
export function encodeList<T>(items: readonly T[], encode: (item: T) => Uint8Array): Uint8Array {
  const writer = new ByteWriter().varint(items.length);
  for (const item of items) writer.bytes(encode(item));
  return writer.finish();
}

/** @throws DecodeError */
export function decodeList<T>(bytes: Uint8Array, decode: (bytes: Uint8Array) => T): T[] {
  const reader = new ByteReader(bytes);
  const count = reader.varint();
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(decode(reader.bytes()));
  reader.end();
  return items;
}
