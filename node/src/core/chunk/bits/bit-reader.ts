// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';

const wideStepBits = 32;

/** Reads what BitWriter wrote. Bits behind the end read as zeros; `end` finds that out. */
export class BitReader {
  /** In bits. */
  position: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, startByte: number) {
    this.#bytes = bytes;
    this.position = startByte * 8;
  }

  /** The next `count` bits as an unsigned integer; 0 to 53 of them. */
  bits(count: number): number {
    if (count <= wideStepBits) return this.#read(count);
    const high = this.#read(count - wideStepBits);
    return high * 0x1_0000_0000 + this.#read(wideStepBits);
  }

  /** Checks that everything was read and that the bits that fill the last byte are zeros. @throws DecodeError */
  end(): void {
    const left = this.#bytes.length * 8 - this.position;
    if (left < 0 || left >= 8) throw new DecodeError(`${left} bits after the end of a column`);
    if (this.#read(left) !== 0) throw new DecodeError('a column is not filled with zeros');
  }

  /** The next 32 bits as a signed integer, without reading them. */
  window(): number {
    const bytes = this.#bytes;
    const at = this.position >>> 3;
    const shift = this.position & 7;
    const word =
      ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    return (word << shift) | ((bytes[at + 4] ?? 0) >>> (8 - shift));
  }

  #read(count: number): number {
    if (count === 0) return 0;
    const value = this.window() >>> (32 - count);
    this.position += count;
    return value;
  }
}
