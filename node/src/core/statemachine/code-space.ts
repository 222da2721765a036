// SPDX-License-Identifier: Apache-2.0
import { compareBytes, toHex } from '@shortlink/common/bytes.ts';

/** Digits of a generated code in the order of their bytes; the same ones that BigInt's radix 36 uses. */
const radix = 36n;

/** A range [start, end) of routing keys; `end` undefined: to the end of all keys. */
export interface CodeRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array | undefined;
}

/** The generated codes of one length inside a range: as numbers, `count` of them from `first` on. */
export interface CodeSpace {
  readonly length: number;
  readonly first: bigint;
  readonly count: bigint;
}

export interface RandomBytes {
  bytes(length: number): Uint8Array;
}

export function inRange(range: CodeRange, key: Uint8Array): boolean {
  return compareBytes(range.start, key) <= 0 && (range.end === undefined || compareBytes(key, range.end) < 0);
}

export function codeSpace(range: CodeRange, length: number): CodeSpace {
  const first = codesBelow(range.start, length);
  const last = range.end === undefined ? radix ** BigInt(length) : codesBelow(range.end, length);
  return { length, first, count: last > first ? last - first : 0n };
}

/** How many codes of `length` digits lie before `bound` in the order of bytes. */
function codesBelow(bound: Uint8Array, length: number): bigint {
  let below = 0n;
  let weight = radix ** BigInt(length);
  for (const byte of bound.subarray(0, length)) {
    weight /= radix;
    below += BigInt(digitsBelow(byte)) * weight;
    if (!isDigit(byte)) return below;
  }
  // All digits are equal: the code is before a bound that goes on, and not before one that ends with it.
  return bound.length > length ? below + 1n : below;
}

function isDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a);
}

function digitsBelow(byte: number): number {
  if (byte <= 0x30) return 0;
  if (byte <= 0x39) return byte - 0x30;
  if (byte <= 0x61) return 10;
  return Math.min(byte - 0x61 + 10, 36);
}

function codeOf(length: number, value: bigint): string {
  return value.toString(36).padStart(length, '0');
}

function bytesToBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

/** A code of the space, which must not be empty. 64 bits more than needed keep the bias of the remainder below 2^-64. */
export function drawCode(space: CodeSpace, random: RandomBytes): string {
  const bytes = Math.ceil(space.count.toString(16).length / 2) + 8;
  return codeOf(space.length, space.first + (bytesToBigInt(random.bytes(bytes)) % space.count));
}

/** The hash as a fraction of the whole space of codes of `length` digits. */
export function codeAtFraction(hash: Uint8Array, length: number): string {
  return codeOf(length, (bytesToBigInt(hash) * radix ** BigInt(length)) >> BigInt(hash.length * 8));
}
