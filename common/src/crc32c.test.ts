// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from './bytes.ts';
import { crc32c, maskCrc32c, unmaskCrc32c } from './crc32c.ts';

/** Bit by bit, straight from the definition. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('crc32c', () => {
  it('gives the values of RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(utf8('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it('agrees with the definition on any part of any array', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(20), fc.nat(20), (bytes, cut, shift) => {
        const host = concatBytes(new Uint8Array(shift), bytes);
        const part = host.subarray(shift);
        const start = Math.min(cut, part.length);
        expect(crc32c(part, start)).toBe(slowCrc32c(bytes.subarray(start)));
      }),
    );
  });

  it('continues a checksum over parts', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(crc32c(b, 0, b.length, crc32c(a))).toBe(crc32c(concatBytes(a, b)));
      }),
    );
  });

  it('refuses a part outside the array', () => {
    expect(() => crc32c(new Uint8Array(4), 2, 5)).toThrow(RangeError);
    expect(() => crc32c(new Uint8Array(4).subarray(2), -1)).toThrow(RangeError);
    expect(() => crc32c(new Uint8Array(4), 3, 2)).toThrow(RangeError);
  });

  it('masks and unmasks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (crc) => {
        expect(unmaskCrc32c(maskCrc32c(crc))).toBe(crc);
      }),
    );
    expect(maskCrc32c(crc32c(utf8('foo')))).not.toBe(crc32c(utf8('foo')));
  });
});
