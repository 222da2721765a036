// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { isUtf8 } from '@shortlink/common/bytes.ts';
import { limits } from '@shortlink/common/limits.ts';
import { readFlag, writeFlag } from './wire-fields.ts';

// New links as `createLinks` carries them, one after the other. What follows the flag is the end of a link row as it lies in
// the store, so that a replica copies it from the log into the row without reading the texts.

export interface NewLinkFields {
  readonly url: string;
  readonly creatorId: string;
  readonly expiresAtMs: number | undefined;
}

/** A new link in the bytes of a command; the arrays are views of them. */
export interface NewLinkRow {
  readonly expiresAtMs: number | undefined;
  /** UTF-8. */
  readonly creatorId: Uint8Array;
  /** UTF-8. */
  readonly url: Uint8Array;
  /** Expiry, creator and URL as a link row has them. */
  readonly tail: Uint8Array;
}

export function writeNewLink(writer: ByteWriter, { url, creatorId, expiresAtMs }: NewLinkFields): void {
  writeFlag(writer, expiresAtMs !== undefined);
  if (expiresAtMs !== undefined) writer.varint(expiresAtMs);
  writer.text(creatorId).text(url);
}

/** Reads rows in their order. */
export class NewLinkReader {
  readonly #bytes: Uint8Array;
  readonly #reader: ByteReader;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new ByteReader(bytes);
  }

  /** @throws DecodeError */
  next(): NewLinkRow {
    const reader = this.#reader;
    const hasExpiry = readFlag(reader);
    const start = reader.offset;
    const expiresAtMs = hasExpiry ? reader.varint() : undefined;
    const creatorId = reader.bytes();
    const url = reader.bytes();
    return { expiresAtMs, creatorId, url, tail: this.#bytes.subarray(start, reader.offset) };
  }

  /** Checks that there are no more. @throws DecodeError */
  end(): void {
    this.#reader.end();
  }
}

export function linkCountProblem(count: number): string | undefined {
  return Number.isInteger(count) && count >= 1 && count <= limits.batchMaxLinks ? undefined : `${count} links`;
}

/** What is wrong with rows that should be `count` new links; undefined when nothing is. */
export function newLinkRowsProblem(rows: Uint8Array, count: number): string | undefined {
  const problem = linkCountProblem(count);
  if (problem !== undefined) return problem;
  try {
    const reader = new NewLinkReader(rows);
    for (let row = 0; row < count; row++) {
      const { url, creatorId } = reader.next();
      const text =
        textProblem('url', url, limits.urlMaxBytes) ?? textProblem('creatorId', creatorId, limits.creatorIdMaxBytes);
      if (text !== undefined) return `link ${row}: ${text}`;
    }
    reader.end();
    return undefined;
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

function textProblem(field: string, text: Uint8Array, maxBytes: number): string | undefined {
  if (text.length === 0 || text.length > maxBytes) return `${field} has not 1 to ${maxBytes} bytes`;
  return isUtf8(text) ? undefined : `${field} is not UTF-8`;
}
