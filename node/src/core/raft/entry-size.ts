// SPDX-License-Identifier: Apache-2.0

import type { Entry } from './types.ts';

/** Length of a protobuf varint, for integers up to 2^53. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest /= 128) size++;
  return size;
}

/**
 * Size of the protobuf encoding (raftpb.Entry). Term and index are always encoded; the type only when it is not the
 * default and the data only when there is some, as in entries that etcd's core makes.
 */
export function entrySize(entry: Entry): number {
  const dataSize = entry.data.length;
  let size = 2 + varintSize(entry.term) + varintSize(entry.index);
  if (entry.type !== 'normal') size += 2;
  if (dataSize > 0) size += 1 + varintSize(dataSize) + dataSize;
  return size;
}

export function entriesSize(entries: readonly Entry[]): number {
  let size = 0;
  for (const entry of entries) size += entrySize(entry);
  return size;
}

/** Bytes of payload alone: what counts for flow control, so that empty entries are free. */
export function payloadSize(entries: readonly Entry[]): number {
  let size = 0;
  for (const entry of entries) size += entry.data.length;
  return size;
}

/** How many entries from `start` on (and before `end`) fit into `maxBytes`; at least one, if there is any. */
export function countWithin(entries: readonly Entry[], start: number, end: number, maxBytes: number): number {
  if (maxBytes === Number.POSITIVE_INFINITY) return end - start;
  let size = 0;
  for (let at = start; at < end; at++) {
    const entry = entries[at];
    if (entry === undefined) return at - start;
    size += entrySize(entry);
    if (size > maxBytes && at > start) return at - start;
  }
  return end - start;
}
