// SPDX-License-Identifier: Apache-2.0

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes do not follow the format; they must not be used. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Reads what ByteWriter wrote; every read is checked against the end. @throws DecodeError */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  uint8(): number {
    this.#need(1);
    return this.#bytes[this.#offset++] ?? 0;
  }

  uint32(): number {
    this.#need(4);
    const b = this.#bytes;
    const o = this.#offset;
    this.#offset = o + 4;
    return ((b[o] ?? 0) * 0x100_0000 + (((b[o + 1] ?? 0) << 16) | ((b[o + 2] ?? 0) << 8) | (b[o + 3] ?? 0))) >>> 0;
  }

  uint64(): number {
    const value = this.uint32() * 0x1_0000_0000 + this.uint32();
    if (!Number.isSafeInteger(value)) throw new DecodeError('uint64 beyond 2^53');
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.uint8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) throw new DecodeError('varint beyond 2^53');
        return value;
      }
      scale *= 0x80;
    }
    throw new DecodeError('varint longer than 8 bytes');
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    this.#need(length);
    const out = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return out;
  }

  bytes(): Uint8Array {
    return this.raw(this.varint());
  }

  text(): string {
    const bytes = this.bytes();
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new DecodeError('text is not UTF-8', { cause });
    }
  }

  /** Checks that nothing is left. */
  end(): void {
    if (this.remaining !== 0) throw new DecodeError(`${this.remaining} bytes after the end`);
  }

  #need(length: number): void {
    if (length > this.remaining) throw new DecodeError(`${length} bytes needed, ${this.remaining} left`);
  }
}
