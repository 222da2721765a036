// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { BitReader } from './bit-reader.ts';
import { BitWriter } from './bit-writer.ts';

// Columns of safe non-negative integers: a base, and what each value has above it, in a fixed number of bits or in a Rice
// code, whichever is shorter.

const safeBits = 53;
/** Modes from here on are Rice codes; below, numbers of bits. */
const riceMode = 64;
/** A Rice quotient that is not smaller is written as these many ones and the whole value. */
const escapeQuotient = 24;
const windowBits = 32;

export function encodeNumbers(values: readonly number[]): Uint8Array {
  if (values.length === 0) return new Uint8Array(0);
  let base = Infinity;
  let top = 0;
  for (const value of values) {
    if (value < base) base = value;
    if (value > top) top = value;
  }
  const width = bitLength(top - base);
  const rice = bestRice(values, base);
  const isRice = rice.bits < width * values.length;
  const head = new ByteWriter().uint8(isRice ? riceMode + rice.parameter : width).varint(base);
  const bits = new BitWriter((isRice ? rice.bits : width * values.length) / 8 + 8);
  for (const value of values) {
    if (isRice) writeRice(bits, value - base, rice.parameter);
    else bits.bits(value - base, width);
  }
  return head.raw(bits.finish()).finish();
}

/** A stored column whose values can be had without the ones behind them. */
export class NumberColumn {
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #base: number;
  /** Bits of each value; undefined in a Rice code. */
  readonly #width: number | undefined;
  readonly #parameter: number;

  /** @throws DecodeError; so do the methods. */
  constructor(bytes: Uint8Array, count: number) {
    const head = new ByteReader(bytes);
    const mode = count === 0 ? 0 : head.uint8();
    this.count = count;
    this.#bytes = bytes;
    this.#base = count === 0 ? 0 : head.varint();
    this.#start = head.offset;
    this.#width = mode < riceMode ? mode : undefined;
    this.#parameter = mode - riceMode;
    if ((this.#width ?? this.#parameter) > safeBits) throw new DecodeError(`column of mode ${mode}`);
  }

  /** All values. */
  values(): Float64Array {
    const values = new Float64Array(this.count);
    const bits = new BitReader(this.#bytes, this.#start);
    if (this.#width === 0) {
      values.fill(this.#base);
    } else {
      for (let i = 0; i < values.length; i++) values[i] = this.#next(bits);
    }
    bits.end();
    return values;
  }

  at(place: number): number {
    const bits = new BitReader(this.#bytes, this.#start);
    if (this.#width === undefined) {
      for (let i = 0; i < place; i++) skipRice(bits, this.#parameter);
    } else {
      bits.position += place * this.#width;
    }
    const value = this.#next(bits);
    if (bits.position > this.#bytes.length * 8) throw new DecodeError('a column ends before its last value');
    return value;
  }

  #next(bits: BitReader): number {
    const value = this.#base + (this.#width === undefined ? readRice(bits, this.#parameter) : bits.bits(this.#width));
    if (value > Number.MAX_SAFE_INTEGER) throw new DecodeError('a value of a column is beyond 2^53');
    return value;
  }
}

/** All values of a column. @throws DecodeError */
export function decodeNumbers(bytes: Uint8Array, count: number): Float64Array {
  return new NumberColumn(bytes, count).values();
}

/** Small numbers of either sign as small numbers: 0, -1, 1, -2 … as 0, 1, 2, 3 … */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function bitLength(value: number): number {
  const high = Math.floor(value / 0x1_0000_0000);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(value);
}

/** The shortest of the Rice codes around the mean length of the values. */
function bestRice(values: readonly number[], base: number): { readonly parameter: number; readonly bits: number } {
  let lengths = 0;
  for (const value of values) lengths += bitLength(value - base);
  const middle = Math.round(lengths / values.length);
  let best = { parameter: 0, bits: Infinity };
  for (let parameter = Math.max(0, middle - 3); parameter <= Math.min(middle + 1, safeBits - 1); parameter++) {
    const scale = 2 ** parameter;
    let bits = 0;
    for (const value of values) {
      const quotient = Math.floor((value - base) / scale);
      bits += quotient < escapeQuotient ? quotient + 1 + parameter : escapeQuotient + safeBits;
    }
    if (bits < best.bits) best = { parameter, bits };
  }
  return best;
}

function writeRice(bits: BitWriter, value: number, parameter: number): void {
  const scale = 2 ** parameter;
  const quotient = Math.floor(value / scale);
  if (quotient >= escapeQuotient) {
    bits.ones(escapeQuotient);
    bits.bits(value, safeBits);
    return;
  }
  bits.ones(quotient);
  bits.bits(0, 1);
  bits.bits(value - quotient * scale, parameter);
}

function readRice(bits: BitReader, parameter: number): number {
  const word = bits.window();
  const quotient = Math.clz32(~word);
  const length = quotient + 1 + parameter;
  // Nearly all values: the quotient, its end and the rest lie in one word.
  if (quotient < escapeQuotient && length <= windowBits) {
    bits.position += length;
    return parameter === 0 ? quotient : quotient * 2 ** parameter + ((word << (quotient + 1)) >>> (32 - parameter));
  }
  bits.position += Math.min(quotient + 1, escapeQuotient);
  return quotient < escapeQuotient ? quotient * 2 ** parameter + bits.bits(parameter) : bits.bits(safeBits);
}

function skipRice(bits: BitReader, parameter: number): void {
  const quotient = Math.clz32(~bits.window());
  bits.position += quotient < escapeQuotient ? quotient + 1 + parameter : escapeQuotient + safeBits;
}
