// SPDX-License-Identifier: Apache-2.0
import { concatBytes } from '@shortlink/common/bytes.ts';
import { crc32c, maskCrc32c } from '@shortlink/common/crc32c.ts';

const blockBytes = 32_768;

export interface WrittenRecord {
  readonly start: number;
  /** Of the last byte, plus one. */
  readonly end: number;
}

export interface WrittenLog {
  readonly bytes: Uint8Array;
  readonly records: readonly WrittenRecord[];
}

/** A batch of `count` operations as RocksDB would log it; what follows its header is of no matter to a scan. */
export function logBatch(sequence: number, count: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + body.length);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(sequence), true);
  view.setUint32(8, count, true);
  out.set(body, 12);
  return out;
}

/** Writes a log file as the format's description says, in the legacy or (with `recycledNumber`) the recyclable layout. */
export function writeLog(payloads: readonly Uint8Array[], recycledNumber?: number): WrittenLog {
  const headerBytes = recycledNumber === undefined ? 7 : 11;
  const parts: Uint8Array[] = [];
  const records: WrittenRecord[] = [];
  let size = 0;
  const append = (part: Uint8Array): void => {
    parts.push(part);
    size += part.length;
  };
  for (const payload of payloads) {
    let start: number | undefined;
    let at = 0;
    do {
      const left = blockBytes - (size % blockBytes);
      if (left < headerBytes) append(new Uint8Array(left));
      const room = blockBytes - (size % blockBytes) - headerBytes;
      const length = Math.min(room, payload.length - at);
      const isFirst = start === undefined;
      const isLast = at + length === payload.length;
      start ??= size;
      const type = (isFirst ? (isLast ? 1 : 2) : isLast ? 4 : 3) + (recycledNumber === undefined ? 0 : 4);
      append(fragment(type, payload.subarray(at, at + length), recycledNumber));
      at += length;
    } while (at < payload.length);
    records.push({ start, end: size });
  }
  return { bytes: concatBytes(...parts), records };
}

function fragment(type: number, payload: Uint8Array, recycledNumber: number | undefined): Uint8Array {
  const headerBytes = recycledNumber === undefined ? 7 : 11;
  const out = new Uint8Array(headerBytes + payload.length);
  const view = new DataView(out.buffer);
  view.setUint16(4, payload.length, true);
  out[6] = type;
  if (recycledNumber !== undefined) view.setUint32(7, recycledNumber, true);
  out.set(payload, headerBytes);
  view.setUint32(0, maskCrc32c(crc32c(out, 6)), true);
  return out;
}
