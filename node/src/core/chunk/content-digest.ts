// SPDX-License-Identifier: Apache-2.0
import type { ChunkCodec, Sha256 } from './chunk-codec.ts';
import type { ChunkRow } from './chunk-row.ts';

/** Short updates cost more than they hash. */
const bufferBytes = 64 * 1024;
const lengthMaxBytes = 8;

/**
 * SHA-256 over rows in their order, each as `bytes` key and `bytes` value (length-prefixed, see docs/spec). It knows
 * nothing of blocks and compression, so that replicas can compare rows that they store differently.
 */
export class ContentDigest {
  readonly #hash: Sha256;
  readonly #buffer = new Uint8Array(bufferBytes);
  #length = 0;

  constructor(codec: ChunkCodec) {
    this.#hash = codec.sha256();
  }

  add(row: ChunkRow): void {
    this.#addBytes(row.key);
    this.#addBytes(row.value);
  }

  /** 32 bytes; the last call. */
  finish(): Uint8Array {
    this.#flush();
    return this.#hash.digest();
  }

  #addBytes(bytes: Uint8Array): void {
    if (this.#length + lengthMaxBytes + bytes.length > bufferBytes) this.#flush();
    this.#addLength(bytes.length);
    if (this.#length + bytes.length > bufferBytes) {
      this.#flush();
      this.#hash.update(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** As ByteWriter's `varint`. */
  #addLength(length: number): void {
    let rest = length;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  #flush(): void {
    if (this.#length > 0) this.#hash.update(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
  }
}
