// SPDX-License-Identifier: Apache-2.0
import type { Link } from '../../core/statemachine/commands.ts';

/** The wire types of protobuf that a link needs. */
const varintType = 0;
const bytesType = 2;
const maxVarintBytes = 10;

/**
 * The answer of a stream to one link: `{ request_id, create | get: { link } }`. MutateResponse and ReadResponse have
 * the same numbers here, so one encoder serves both. The general encoder needs eight times as long for it, and
 * this is the message of which there are most.
 */
export function encodeLinkAnswer(requestId: bigint, link: Link): Buffer {
  const urlBytes = Buffer.byteLength(link.url);
  const codeBytes = Buffer.byteLength(link.code);
  const creatorBytes = Buffer.byteLength(link.creatorId);
  const created = timestampSize(link.createdAtMs);
  const updated = timestampSize(link.updatedAtMs);
  const expires = link.expiresAtMs === undefined ? 0 : timestampSize(link.expiresAtMs);
  const linkSize =
    textSize(codeBytes) +
    textSize(urlBytes) +
    textSize(creatorBytes) +
    nestedSize(created) +
    nestedSize(updated) +
    (link.expiresAtMs === undefined ? 0 : nestedSize(expires)) +
    (link.disabled ? 2 : 0) +
    (link.revision === 0 ? 0 : 1 + varintSize(link.revision));
  const responseSize = nestedSize(linkSize);
  const writer = new AnswerWriter(1 + maxVarintBytes + nestedSize(responseSize));
  if (requestId !== 0n) writer.bigVarint(1, requestId);
  writer.nested(2, responseSize);
  writer.nested(1, linkSize);
  writer.text(1, link.code, codeBytes);
  writer.text(2, link.url, urlBytes);
  writer.text(3, link.creatorId, creatorBytes);
  writer.timestamp(4, link.createdAtMs, created);
  writer.timestamp(5, link.updatedAtMs, updated);
  if (link.expiresAtMs !== undefined) writer.timestamp(6, link.expiresAtMs, expires);
  if (link.disabled) writer.varint(7, 1);
  if (link.revision !== 0) writer.varint(8, link.revision);
  return writer.finish();
}

function textSize(bytes: number): number {
  return bytes === 0 ? 0 : nestedSize(bytes);
}

/** With its tag, which is one byte for the numbers up to 15, and its length. */
function nestedSize(bytes: number): number {
  return 1 + varintSize(bytes) + bytes;
}

function timestampSize(ms: number): number {
  const seconds = Math.floor(ms / 1000);
  const nanos = nanosOf(ms);
  return (seconds === 0 ? 0 : 1 + varintSize(seconds)) + (nanos === 0 ? 0 : 1 + varintSize(nanos));
}

function nanosOf(ms: number): number {
  return (ms % 1000) * 1_000_000;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Writes fields into a buffer that is large enough. Numbers are non-negative and safe integers. */
class AnswerWriter {
  readonly #bytes: Buffer;
  #length = 0;

  constructor(capacityBytes: number) {
    this.#bytes = Buffer.allocUnsafe(capacityBytes);
  }

  nested(field: number, bytes: number): void {
    this.#bytes[this.#length++] = (field << 3) | bytesType;
    this.#varint(bytes);
  }

  /** Protobuf leaves an empty text out. */
  text(field: number, text: string, bytes: number): void {
    if (bytes === 0) return;
    this.nested(field, bytes);
    this.#length += this.#bytes.write(text, this.#length);
  }

  timestamp(field: number, ms: number, bytes: number): void {
    this.nested(field, bytes);
    const seconds = Math.floor(ms / 1000);
    if (seconds !== 0) this.varint(1, seconds);
    if (nanosOf(ms) !== 0) this.varint(2, nanosOf(ms));
  }

  varint(field: number, value: number): void {
    this.#bytes[this.#length++] = (field << 3) | varintType;
    this.#varint(value);
  }

  bigVarint(field: number, value: bigint): void {
    this.#bytes[this.#length++] = (field << 3) | varintType;
    let rest = value;
    for (; rest > Number.MAX_SAFE_INTEGER; rest >>= 7n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
    }
    this.#varint(Number(rest));
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }
}
