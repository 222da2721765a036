// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';

const varintWire = 0;
const bytesWire = 2;
const initialBytes = 16 * 1024;
/** A scratch buffer that one large frame has grown is not kept for the small ones that follow. */
const keepMaxBytes = 1024 * 1024;

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Appends protobuf fields to a buffer that is used again for every frame. Fields with their default value are left out. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(initialBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A non-negative safe integer, or an enum. */
  uint(field: number, value: number): void {
    if (value !== 0) this.presentUint(field, value);
  }

  /** As `uint`, but 0 is written too: for optional fields. */
  presentUint(field: number, value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'a number is out of the range of the wire');
    this.#reserve(16);
    this.#varint(field * 8 + varintWire);
    this.#varint(value);
  }

  /** Present even when empty. */
  bytes(field: number, value: Uint8Array): void {
    this.#reserve(16 + value.length);
    this.#varint(field * 8 + bytesWire);
    this.#varint(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Starts a nested message. A good guess of its size spares moving its bytes. @returns what `end` needs. */
  begin(field: number, guessBytes: number): number {
    this.#reserve(16);
    this.#varint(field * 8 + bytesWire);
    const start = this.#length;
    this.#length += varintSize(guessBytes);
    // The width of the guess, until the end is known.
    this.#bytes[start] = this.#length - start;
    return start;
  }

  end(start: number): void {
    const guessedWidth = this.#bytes[start] ?? 0;
    const bodyStart = start + guessedWidth;
    const size = this.#length - bodyStart;
    const width = varintSize(size);
    if (width !== guessedWidth) {
      this.#reserve(8);
      this.#bytes.copyWithin(start + width, bodyStart, this.#length);
    }
    this.#length = start;
    this.#varint(size);
    this.#length += size;
  }

  /** Forgets what was written since `length` was this. */
  truncate(length: number): void {
    this.#length = length;
  }

  copy(start: number, end: number): Buffer {
    return Buffer.from(this.#bytes.subarray(start, end));
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > keepMaxBytes) this.#bytes = Buffer.allocUnsafe(initialBytes);
  }

  #varint(value: number): void {
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    // Shifts are for 32 bits only.
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
    bytes[at++] = rest;
    this.#length = at;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
