// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';

/** 64 bits of a text, as two unsigned 32-bit numbers. */
export interface TextHash {
  readonly a: number;
  readonly b: number;
}

/** Spreads every bit of a 32-bit number over all others; a permutation, so that nothing is lost. */
export function mix32(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb_352d);
  x = Math.imul(x ^ (x >>> 15), 0x846c_a68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Two 32-bit lanes over the UTF-8 of a text, in integers only: the same on every machine and version. Not for secrets.
 * A change of it moves every chunk of every cluster (docs/spec/placement.md).
 */
export function hashText(text: string): TextHash {
  const bytes = utf8(text);
  let a = 0x811c_9dc5;
  let b = 0x9e37_79b9;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x0100_0193);
    b = Math.imul(b ^ byte, 0x85eb_ca6b);
    b ^= b >>> 13;
  }
  return { a: mix32(a ^ bytes.length), b: mix32(b ^ a) };
}
