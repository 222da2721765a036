// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import { checkNameStart, checkObjectName } from '@shortlink/common/object-name.ts';
import { ObjectStoreError, type ByteRange, type ListQuery, type UploadOptions } from './object-store.ts';

// What every ObjectStore refuses as `invalid` before it does anything, so that no store is asked what another one would
// not do.

export function requireObjectName(name: string): void {
  const wrong = checkObjectName(name);
  if (wrong !== undefined) throw invalid(`the object name ${JSON.stringify(name)} is ${wrong}`);
}

export function requireRange(name: string, { offset, length }: ByteRange): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(length) && length >= 1) return;
  throw invalid(`${length} bytes from ${offset} are not a range of ${name}`);
}

export function requireNameStart(prefix: string): void {
  const wrong = checkNameStart(prefix);
  if (wrong !== undefined) throw invalid(`the prefix ${JSON.stringify(prefix)} is ${wrong}`);
}

export function requireListQuery({ prefix, limit }: ListQuery): void {
  requireNameStart(prefix);
  if (Number.isInteger(limit) && limit >= 1 && limit <= limits.objectListMaxNames) return;
  throw invalid(`a page of ${limit} names is not one of 1 to ${limits.objectListMaxNames}`);
}

/** The parts of one upload: their sizes, and whether they make a whole. */
export class UploadParts {
  readonly #name: string;
  readonly #partBytes: number;
  readonly #lengths = new Map<number, number>();

  constructor(name: string, { partBytes }: UploadOptions, minPartBytes: number) {
    requireObjectName(name);
    if (!Number.isSafeInteger(partBytes) || partBytes < minPartBytes || partBytes < 1) {
      throw invalid(`parts of ${partBytes} bytes are too small for this store, which takes ${minPartBytes} or more`);
    }
    this.#name = name;
    this.#partBytes = partBytes;
  }

  /** @returns where in the object the part begins. */
  offsetOf(number: number, length: number): number {
    if (!Number.isInteger(number) || number < 1 || number > limits.objectMaxParts) {
      throw invalid(`part ${number} of ${this.#name} is not one of 1 to ${limits.objectMaxParts}: use larger parts`);
    }
    if (length < 1 || length > this.#partBytes) {
      throw invalid(`part ${number} of ${this.#name} has ${length} bytes instead of 1 to ${this.#partBytes}`);
    }
    return (number - 1) * this.#partBytes;
  }

  written(number: number, length: number): void {
    this.#lengths.set(number, length);
  }

  /** How many parts make the object, and its size. Refuses a gap, and a short part before the last. */
  whole(): { readonly count: number; readonly size: number } {
    const count = this.#lengths.size;
    if (count === 0) throw invalid(`the upload of ${this.#name} has no parts: an empty object is a put`);
    let size = 0;
    for (let number = 1; number <= count; number++) {
      const length = this.#lengths.get(number);
      if (length === undefined) throw invalid(`the upload of ${this.#name} lacks part ${number}`);
      if (number < count && length < this.#partBytes) {
        throw invalid(`part ${number} of ${this.#name} has ${length} bytes instead of ${this.#partBytes}`);
      }
      size += length;
    }
    return { count, size };
  }
}

function invalid(message: string): ObjectStoreError {
  return new ObjectStoreError('invalid', message);
}
