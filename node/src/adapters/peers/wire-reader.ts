// SPDX-License-Identifier: Apache-2.0

const varintWire = 0;
const fixed64Wire = 1;
const bytesWire = 2;
const fixed32Wire = 5;

/** The bytes are no message of the contract. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Walks over the fields of a protobuf message and of those nested in it. Every call may throw WireError. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #end: number;
  #wire = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** The number of the next field; 0 at the end of the message. */
  next(): number {
    if (this.#at === this.#end) return 0;
    const tag = this.#varint();
    this.#wire = tag & 7;
    const field = Math.floor(tag / 8);
    if (field === 0) throw new WireError('field number 0');
    return field;
  }

  uint(): number {
    this.#expect(varintWire);
    return this.#varint();
  }

  uint32(): number {
    const value = this.uint();
    if (value > 0xffff_ffff) throw new WireError('a number above 32 bits');
    return value;
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    this.#expect(bytesWire);
    const length = this.#length();
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  /** Reads a nested message with `read`, which sees the end of it as the end of everything. */
  nested<T>(read: (reader: WireReader) => T): T {
    this.#expect(bytesWire);
    const outerEnd = this.#end;
    const length = this.#length();
    this.#end = this.#at + length;
    const value = read(this);
    this.#end = outerEnd;
    return value;
  }

  /** Numbers of a repeated field, packed or one by one. */
  uint32s(into: number[]): void {
    if (this.#wire === varintWire) {
      into.push(this.uint32());
      return;
    }
    this.nested((packed) => {
      packed.#wire = varintWire;
      while (packed.#at < packed.#end) into.push(packed.uint32());
    });
  }

  /** Passes over a field that this version does not know. */
  skip(): void {
    switch (this.#wire) {
      case varintWire:
        // Unlike our own numbers these may use all 64 bits.
        while ((this.#byte() & 0x80) !== 0);
        return;
      case bytesWire:
        this.#advance(this.#length());
        return;
      case fixed64Wire:
        this.#advance(8);
        return;
      case fixed32Wire:
        this.#advance(4);
        return;
      default:
        throw new WireError(`wire type ${this.#wire}`);
    }
  }

  #expect(wire: number): void {
    if (this.#wire !== wire) throw new WireError(`wire type ${this.#wire} where ${wire} belongs`);
  }

  #length(): number {
    const length = this.#varint();
    if (length > this.#end - this.#at) throw new WireError('a field that is longer than its message');
    return length;
  }

  #advance(count: number): void {
    if (count > this.#end - this.#at) throw new WireError('a field that is longer than its message');
    this.#at += count;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new WireError('the message ends within a field');
    return this.#bytes[this.#at++] ?? 0;
  }

  #varint(): number {
    let byte = this.#byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let scale = 0x80; scale <= Number.MAX_SAFE_INTEGER; scale *= 0x80) {
      byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte >= 0x80) continue;
      if (value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    throw new WireError('a number above 2^53');
  }
}
