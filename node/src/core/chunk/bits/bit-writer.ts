// SPDX-License-Identifier: Apache-2.0

/** Bits that are put at once; with up to 7 waiting ones they still fit into 31. */
const stepBits = 24;
const stepValues = 2 ** stepBits;

/** Writes bits, the most significant ones first, and fills the last byte with zeros. */
export class BitWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  #waiting = 0;
  #waitingBits = 0;

  constructor(capacityBytes: number) {
    this.#bytes = new Uint8Array(capacityBytes);
  }

  /** The lowest `count` bits of an integer; 0 to 53 of them. */
  bits(value: number, count: number): void {
    if (count <= stepBits) {
      this.#step(value, count);
      return;
    }
    this.bits(Math.floor(value / stepValues), count - stepBits);
    this.#step(value % stepValues, stepBits);
  }

  /** `count` ones; 0 to 24 of them. */
  ones(count: number): void {
    this.#step(2 ** count - 1, count);
  }

  finish(): Uint8Array<ArrayBuffer> {
    if (this.#waitingBits > 0) this.#step(0, 8 - this.#waitingBits);
    return this.#bytes.slice(0, this.#length);
  }

  #step(value: number, count: number): void {
    this.#waiting = (this.#waiting << count) | value;
    this.#waitingBits += count;
    if (this.#length + 4 > this.#bytes.length) this.#grow();
    while (this.#waitingBits >= 8) {
      this.#waitingBits -= 8;
      this.#bytes[this.#length++] = this.#waiting >>> this.#waitingBits;
    }
    this.#waiting &= (1 << this.#waitingBits) - 1;
  }

  #grow(): void {
    const grown = new Uint8Array(this.#bytes.length * 2 + 8);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
