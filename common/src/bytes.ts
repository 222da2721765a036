// SPDX-License-Identifier: Apache-2.0

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const emptyBytes: Uint8Array = new Uint8Array(0);

const slabBytes = 32 * 1024;
/** Larger ones would leave too much of a slab unused. */
const slabItemMaxBytes = slabBytes / 8;
let slab = new Uint8Array(slabBytes);
let slabUsed = 0;

/**
 * Zeroed bytes that do not live long. Small ones are views of a slab that many share: such a view costs a tenth of an
 * array with memory of its own, and native code reads it without a copy, but it keeps the whole slab alive. What is kept
 * for long, or posted to another thread, should be a `slice` of its own.
 */
export function newBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length > slabItemMaxBytes) return new Uint8Array(length);
  if (slabUsed + length > slabBytes) {
    slab = new Uint8Array(slabBytes);
    slabUsed = 0;
  }
  const start = slabUsed;
  slabUsed += length;
  return slab.subarray(start, slabUsed);
}

export function utf8(text: string): Uint8Array {
  return asciiOf(text) ?? encoder.encode(text);
}

/** Longer texts gain nothing over the encoder's vector code. */
const asciiMaxLength = 64;

/** Codes and keys are short and ASCII: a loop is several times faster than the call into the encoder. */
function asciiOf(text: string): Uint8Array | undefined {
  if (text.length > asciiMaxLength) return undefined;
  const bytes = newBytes(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return undefined;
    bytes[i] = unit;
  }
  return bytes;
}

/** @throws TypeError when the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Whether `fromUtf8` can read the bytes. */
export function isUtf8(bytes: Uint8Array): boolean {
  if (isAscii(bytes)) return true;
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A loop without a callback, because every URL that is written goes through it. */
function isAscii(bytes: Uint8Array): boolean {
  let all = 0;
  for (let i = 0; i < bytes.length; i++) all |= bytes[i] ?? 0;
  return all < 0x80;
}

/** Whether `text` takes at most `maxBytes` as UTF-8. */
export function fitsUtf8(text: string, maxBytes: number): boolean {
  // A UTF-16 unit takes one to three bytes, so most texts need no counting.
  return text.length * 3 <= maxBytes || (text.length <= maxBytes && utf8(text).length <= maxBytes);
}

/** Order of unsigned bytes, the order of RocksDB's default comparator. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

/** How many bytes the beginnings of both have in common. */
export function commonPrefixLength(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < length && a[shared] === b[shared]) shared++;
  return shared;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = newBytes(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** The smallest key greater than every key that starts with `prefix`; undefined when there is none (all 0xff). */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const byte = prefix[i] ?? 0;
    if (byte === 0xff) continue;
    const out = prefix.slice(0, i + 1);
    out[i] = byte + 1;
    return out;
  }
  return undefined;
}

export function toHex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0');
  return out;
}

/** @throws RangeError when the text is not pairs of hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new RangeError('not pairs of hexadecimal digits');
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return out;
}
