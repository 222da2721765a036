// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { compareBytes, concatBytes } from '@shortlink/common/bytes.ts';
import { chunkLimits } from '../chunk-limits.ts';
import type { ChunkRow } from '../chunk-row.ts';
import type { Block } from './block.ts';
import { restartInterval } from './row-block-encoder.ts';

/** Reads what rowBlockPayload wrote; a lookup decodes one group. */
export class RowBlock implements Block {
  readonly rowCount: number;
  readonly memoryBytes: number;
  /** Keys and values of all rows. */
  readonly #rawBytes: number;
  readonly #payload: Uint8Array;
  /** Where each group begins, and the end. */
  readonly #starts: Uint32Array;

  constructor(payload: Uint8Array, { rowCount, rawBytes }: { readonly rowCount: number; readonly rawBytes: number }) {
    this.#rawBytes = rawBytes;
    this.rowCount = rowCount;
    this.#payload = payload;
    const groups = Math.ceil(rowCount / restartInterval);
    const reader = new ByteReader(payload);
    const lengths = Array.from({ length: groups }, () => reader.varint());
    this.#starts = new Uint32Array(groups + 1);
    let at = reader.offset;
    for (const [i, length] of lengths.entries()) {
      this.#starts[i] = at;
      at += length;
      if (at > payload.length) throw new DecodeError('a group of rows passes the end of its block');
    }
    if (at !== payload.length) throw new DecodeError('the groups of a block do not fill it');
    this.#starts[groups] = at;
    this.memoryBytes = payload.length + this.#starts.byteLength;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const group = this.#groupOf(key);
    if (group < 0) return undefined;
    return this.#group(group).find((row) => compareBytes(row.key, key) === 0)?.value;
  }

  rows(): ChunkRow[] {
    const rows: ChunkRow[] = [];
    let rawBytes = 0;
    for (let group = 0; group + 1 < this.#starts.length; group++) {
      for (const row of this.#group(group)) {
        rows.push(row);
        rawBytes += row.key.length + row.value.length;
      }
      // A few bytes can stand for a long key, again and again.
      if (rawBytes > this.#rawBytes) throw new DecodeError(`more than ${this.#rawBytes} bytes of rows`);
    }
    return rows;
  }

  /** The last group whose first key is not above `key`; -1 when there is none. */
  #groupOf(key: Uint8Array): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = new ByteReader(this.#payload, this.#starts[middle] ?? 0).bytes();
      if (compareBytes(first, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #group(group: number): ChunkRow[] {
    const reader = new ByteReader(this.#payload.subarray(this.#starts[group], this.#starts[group + 1]));
    const count = Math.min(restartInterval, this.rowCount - group * restartInterval);
    const rows: ChunkRow[] = [];
    let previous: Uint8Array | undefined;
    for (let i = 0; i < count; i++) {
      const key = previous === undefined ? reader.bytes() : restKey(reader, previous);
      rows.push({ key, value: reader.bytes() });
      previous = key;
    }
    reader.end();
    return rows;
  }
}

function restKey(reader: ByteReader, previous: Uint8Array): Uint8Array {
  const shared = reader.varint();
  if (shared > previous.length) throw new DecodeError('a key shares more than the key before it has');
  const rest = reader.bytes();
  if (shared + rest.length > chunkLimits.keyMaxBytes) throw new DecodeError('a key is too long');
  return concatBytes(previous.subarray(0, shared), rest);
}
