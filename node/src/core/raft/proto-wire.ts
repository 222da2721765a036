// SPDX-License-Identifier: Apache-2.0

const varintWire = 0;
const fixed64Wire = 1;
const bytesWire = 2;
const fixed32Wire = 5;

/** Appends protobuf fields to a small buffer. */
export class ProtoWriter {
  readonly #bytes: number[] = [];

  varintField(field: number, value: number): void {
    this.#varint(field * 8 + varintWire);
    this.#varint(value);
  }

  bytesField(field: number, value: Uint8Array): void {
    this.#varint(field * 8 + bytesWire);
    this.#varint(value.length);
    for (const byte of value) this.#bytes.push(byte);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes.push((rest % 128) + 128);
    this.#bytes.push(rest);
  }
}

/** Walks over protobuf fields. Unknown fields are the caller's to ignore; integers above 2^53 are malformed. */
export class ProtoReader {
  field = 0;
  /** Value of the current field, if it is an integer. */
  varint = 0;
  /** Value of the current field, if it has a length. */
  bytes: Uint8Array = new Uint8Array(0);
  malformed = false;
  readonly #data: Uint8Array;
  #offset = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** Moves to the next field; false at the end of the data and where it is malformed. */
  next(): boolean {
    if (this.malformed || this.#offset >= this.#data.length) return false;
    const tag = this.#readVarint();
    this.field = Math.floor(tag / 8);
    this.varint = 0;
    this.bytes = this.#data.subarray(0, 0);
    switch (tag % 8) {
      case varintWire:
        this.varint = this.#readVarint();
        break;
      case bytesWire:
        this.bytes = this.#take(this.#readVarint());
        break;
      case fixed64Wire:
        this.#take(8);
        break;
      case fixed32Wire:
        this.#take(4);
        break;
      default:
        this.malformed = true;
    }
    return !this.malformed;
  }

  #take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#data.length) this.malformed = true;
    const taken = this.#data.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  #readVarint(): number {
    let value = 0;
    for (let scale = 1; scale <= Number.MAX_SAFE_INTEGER; scale *= 128) {
      const byte = this.#data[this.#offset++];
      if (byte === undefined) break;
      value += (byte % 128) * scale;
      if (byte < 128) {
        this.malformed ||= value > Number.MAX_SAFE_INTEGER;
        return value;
      }
    }
    this.malformed = true;
    return 0;
  }
}
