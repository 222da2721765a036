// SPDX-License-Identifier: Apache-2.0
import { assert } from './assert.ts';
import { newBytes } from './bytes.ts';

const encoder = new TextEncoder();
/** A length below 128 is one byte of varint. */
const asciiMaxLength = 127;
const intLimit = 2 ** 31;

/** Buffers of finished writers, for the ones that follow: memory is most of what a short record costs. */
const scratchBytes = 16 * 1024;
const scratchMax = 8;
const scratches: Uint8Array<ArrayBuffer>[] = [];
const finished = new Uint8Array(0);

/** Writes the primitive fields of the project's own binary formats one after the other. Of no use after `finish`. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor() {
    this.#bytes = scratches.pop() ?? new Uint8Array(scratchBytes);
  }

  get length(): number {
    return this.#length;
  }

  uint8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  uint32(value: number): this {
    this.#reserve(4);
    const bytes = this.#bytes;
    bytes[this.#length++] = value >>> 24;
    bytes[this.#length++] = value >>> 16;
    bytes[this.#length++] = value >>> 8;
    bytes[this.#length++] = value;
    return this;
  }

  /** Eight bytes, big endian, so that the order of bytes is the order of numbers; safe integers only. */
  uint64(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, `uint64 out of range: ${value}`);
    return this.uint32(Math.floor(value / 0x1_0000_0000)).uint32(value % 0x1_0000_0000);
  }

  /** LEB128 of a safe non-negative integer, as protobuf's varint. */
  varint(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, `varint out of range: ${value}`);
    this.#reserve(8);
    let rest = value;
    // Remainders of doubles are slow: seven bits at a time only until the rest is a small integer.
    while (rest >= intLimit) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Length-prefixed bytes. */
  bytes(bytes: Uint8Array): this {
    return this.varint(bytes.length).raw(bytes);
  }

  /** Length-prefixed UTF-8. */
  text(text: string): this {
    return this.#shortAscii(text) ? this : this.bytes(encoder.encode(text));
  }

  /** The bytes, for a short use: see `newBytes`. */
  finish(): Uint8Array<ArrayBuffer> {
    const out = newBytes(this.#length);
    out.set(this.#written());
    this.#release();
    return out;
  }

  /** The bytes in memory of their own, which nothing else keeps alive. */
  finishApart(): Uint8Array<ArrayBuffer> {
    const out = this.#written().slice();
    this.#release();
    return out;
  }

  #written(): Uint8Array<ArrayBuffer> {
    assert(this.#bytes !== finished, 'a writer was finished twice');
    return this.#bytes.subarray(0, this.#length);
  }

  #release(): void {
    keepScratch(this.#bytes);
    this.#bytes = finished;
    this.#length = 0;
  }

  /** What was written, without a copy; gone with the next write or `clear`. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Starts anew in the same buffer. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  /** The common case without a call into the encoder and a copy: false, and nothing is written, when it is not that case. */
  #shortAscii(text: string): boolean {
    const length = text.length;
    if (length > asciiMaxLength) return false;
    this.#reserve(1 + length);
    const bytes = this.#bytes;
    const start = this.#length + 1;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return false;
      bytes[start + i] = unit;
    }
    bytes[start - 1] = length;
    this.#length = start + length;
    return true;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    keepScratch(this.#bytes);
    this.#bytes = grown;
  }
}

function keepScratch(bytes: Uint8Array<ArrayBuffer>): void {
  if (bytes.length === scratchBytes && scratches.length < scratchMax) scratches.push(bytes);
}
