// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import { concatBytes } from '@shortlink/common/bytes.ts';
import { ObjectStoreError } from '../../ports/object-store.ts';
import type { ObjectStore, ObjectUpload } from '../../ports/object-store.ts';

/** Bytes of a part; an object below that goes up in one request. */
const partBytes = 8 * 1024 * 1024;
/** Of one request with at most a part in it. */
const requestTimeoutMs = 60_000;

/** A new object of any size, written piece by piece in the memory of two parts. */
export class ObjectSink {
  readonly #store: ObjectStore;
  readonly #name: string;
  readonly #crc32: (bytes: Uint8Array) => number;
  readonly #partBytes: number;
  #pieces: Uint8Array[] = [];
  #waitingBytes = 0;
  #upload: ObjectUpload | undefined;
  #parts = 0;

  constructor(store: ObjectStore, name: string, crc32: (bytes: Uint8Array) => number) {
    this.#store = store;
    this.#name = name;
    this.#crc32 = crc32;
    this.#partBytes = Math.max(partBytes, store.minPartBytes);
  }

  /** Takes bytes without sending them; the caller lets `flush` run in between. */
  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  /** Sends what makes whole parts. @throws ObjectStoreError */
  async flush(): Promise<void> {
    while (this.#waitingBytes > this.#partBytes) await this.#sendPart(this.#take(this.#partBytes));
  }

  /** Makes the object. @throws ObjectStoreError; the outcome is unknown then, and the name must not be used. */
  async finish(): Promise<void> {
    await this.flush();
    const rest = this.#take(this.#waitingBytes);
    if (this.#upload === undefined) {
      const options = { timeoutMs: requestTimeoutMs, crc32: this.#crc32(rest) };
      return this.#check(await this.#store.put(this.#name, rest, options));
    }
    if (rest.length > 0) await this.#sendPart(rest);
    this.#check(await this.#upload.complete({ timeoutMs: requestTimeoutMs }));
  }

  /** Gives up; leaves nothing behind where the store can still be reached. */
  async abort(): Promise<void> {
    this.#pieces = [];
    this.#waitingBytes = 0;
    await this.#upload?.abort({ timeoutMs: requestTimeoutMs });
  }

  async #sendPart(body: Uint8Array): Promise<void> {
    this.#upload ??= await this.#store.startUpload(this.#name, {
      partBytes: this.#partBytes,
      timeoutMs: requestTimeoutMs,
    });
    this.#parts++;
    await this.#upload.writePart(this.#parts, body, { timeoutMs: requestTimeoutMs, crc32: this.#crc32(body) });
  }

  /** The name is new and random: whatever has it now is the outcome of an earlier attempt of this very call, or nothing is. */
  #check(outcome: 'created' | 'exists' | 'gone'): void {
    if (outcome === 'created') return;
    const message = `${this.#name} is ${outcome === 'gone' ? 'not there' : 'there'} after its upload; exporting again`;
    throw new ObjectStoreError('conflict', message);
  }

  #take(bytes: number): Uint8Array {
    const taken: Uint8Array[] = [];
    let left = bytes;
    while (left > 0) {
      const piece = defined(this.#pieces.shift(), 'bytes that wait');
      taken.push(piece.subarray(0, left));
      if (piece.length > left) this.#pieces.unshift(piece.subarray(left));
      left -= Math.min(left, piece.length);
    }
    this.#waitingBytes -= bytes;
    assert(this.#waitingBytes >= 0, 'more bytes were sent than there were');
    return concatBytes(...taken);
  }
}
