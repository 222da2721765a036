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
  /** The same as safe integers, up to ten digits: arithmetic with them costs a tenth of BigInt's. */
  readonly small: { readonly first: number; readonly count: number } | undefined;
}

export interface RandomBytes {
  bytes(length: number): Uint8Array;
}

export function inRange(range: CodeRange, key: Uint8Array): boolean {
  return compareBytes(range.start, key) <= 0 && (range.end === undefined || compareBytes(key, range.end) < 0);
}

export function codeSpace(range: CodeRange, length: number): CodeSpace {
  const first = codesBelow(range.start, length);
  const all = radix ** BigInt(length);
  const last = range.end === undefined ? all : codesBelow(range.end, length);
  const count = last > first ? last - first : 0n;
  const small = all > Number.MAX_SAFE_INTEGER ? undefined : { first: Number(first), count: Number(count) };
  return { length, first, count, small };
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

const halfDigits = 5;
const halfRadix = 36 ** halfDigits;

/** In two halves that are small integers: digits of larger ones are worked out by division of floating-point numbers. */
function smallCodeOf(length: number, value: number): string {
  const high = Math.floor(value / halfRadix);
  const low = value - high * halfRadix;
  return (high.toString(36) + low.toString(36).padStart(halfDigits, '0')).padStart(length, '0').slice(-length);
}

function bytesToBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

/** A code of the space, which must not be empty; each is as likely as the others. */
export function drawCode({ length, first, count, small }: CodeSpace, random: RandomBytes): string {
  if (small !== undefined) return smallCodeOf(length, small.first + drawBelow(small.count, random));
  // 64 bits more than needed keep the bias of the remainder below 2^-64.
  const bytes = Math.ceil(count.toString(16).length / 2) + 8;
  return codeOf(length, first + (bytesToBigInt(random.bytes(bytes)) % count));
}

/** A safe integer in [0, bound). Draws at and above the last multiple of the bound would favour small numbers. */
function drawBelow(bound: number, random: RandomBytes): number {
  const fair = 2 ** 53 - (2 ** 53 % bound);
  for (;;) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0] = random.bytes(7);
    const high = ((a & 0x1f) << 16) | (b << 8) | c;
    const low = ((d << 24) | (e << 16) | (f << 8) | g) >>> 0;
    const draw = high * 2 ** 32 + low;
    if (draw < fair) return draw % bound;
  }
}

/** The hash as a fraction of the whole space of codes of `length` digits. */
export function codeAtFraction(hash: Uint8Array, length: number): string {
  return codeOf(length, (bytesToBigInt(hash) * radix ** BigInt(length)) >> BigInt(hash.length * 8));
}
