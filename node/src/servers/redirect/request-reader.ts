// SPDX-License-Identifier: Apache-2.0
import { parseHead } from './head-parser.ts';
import type { HeadResult } from './head-parser.ts';

const none: Buffer = Buffer.alloc(0);

/** The requests of one connection, from the bytes as they come. */
export class RequestReader {
  #bytes: Buffer = none;
  #offset = 0;

  push(chunk: Buffer): void {
    this.#bytes =
      this.#offset === this.#bytes.length ? chunk : Buffer.concat([this.#bytes.subarray(this.#offset), chunk]);
    this.#offset = 0;
  }

  /** True while a part of a request is here. */
  get hasPartial(): boolean {
    return this.#offset < this.#bytes.length;
  }

  /** The next request; after a refusal nothing more is read. */
  next(): HeadResult {
    const result = parseHead(this.#bytes, this.#offset, this.#bytes.length);
    if (result.kind === 'request') this.#offset = result.end;
    if (result.kind === 'refused') this.#offset = this.#bytes.length;
    if (this.#offset === this.#bytes.length) {
      this.#bytes = none;
      this.#offset = 0;
    }
    return result;
  }
}
