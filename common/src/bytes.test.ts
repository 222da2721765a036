// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, DecodeError } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { compareBytes, concatBytes, fromHex, fromUtf8, newBytes, prefixEnd, toHex, utf8 } from './bytes.ts';

const safeInteger = fc.maxSafeNat();

describe('bytes', () => {
  it('encode any text as UTF-8 and back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })), (text) => {
        expect(utf8(text)).toEqual(new Uint8Array(new TextEncoder().encode(text)));
        expect(fromUtf8(utf8(text))).toBe(text.toWellFormed());
      }),
    );
  });

  it('compare as RocksDB does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(Buffer.compare(a, b)));
      }),
    );
  });

  it('end a prefix at the first key behind it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (prefix, rest) => {
        const end = prefixEnd(prefix);
        expect(end === undefined).toBe(prefix.every((byte) => byte === 0xff));
        expect(end === undefined || compareBytes(concatBytes(prefix, rest), end) < 0).toBe(true);
        expect(end === undefined || compareBytes(end, prefix) > 0).toBe(true);
      }),
    );
  });

  it('survive hexadecimal digits, and nothing else is taken for them', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(new Uint8Array(bytes));
      }),
    );
    expect(() => fromHex('abc')).toThrow(RangeError);
    expect(() => fromHex('zz')).toThrow(RangeError);
  });
});

describe('writer and reader', () => {
  it('give back every field', () => {
    fc.assert(
      fc.property(
        safeInteger,
        safeInteger,
        fc.string({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 300 }),
        (a, b, text, bytes) => {
          const wellFormed = text.toWellFormed();
          const written = new ByteWriter()
            .varint(a)
            .uint64(b)
            .text(wellFormed)
            .bytes(bytes)
            .uint32(a % 2 ** 32)
            .uint8(b % 256)
            .finish();
          const reader = new ByteReader(written);
          expect([
            reader.varint(),
            reader.uint64(),
            reader.text(),
            reader.bytes(),
            reader.uint32(),
            reader.uint8(),
          ]).toEqual([a, b, wellFormed, bytes, a % 2 ** 32, b % 256]);
          reader.end();
        },
      ),
    );
  });

  it('keep the order of numbers in uint64', () => {
    fc.assert(
      fc.property(safeInteger, safeInteger, (a, b) => {
        const order = compareBytes(new ByteWriter().uint64(a).finish(), new ByteWriter().uint64(b).finish());
        expect(Math.sign(order)).toBe(Math.sign(a - b));
      }),
    );
  });

  it('refuse a record that is cut anywhere', () => {
    const written = new ByteWriter().varint(300).text('héllo').uint64(7).finish();
    for (let cut = 0; cut < written.length; cut++) {
      const reader = new ByteReader(written.subarray(0, cut));
      expect(() => {
        reader.varint();
        reader.text();
        reader.uint64();
      }).toThrow(DecodeError);
    }
    expect(() => new ByteReader(written).end()).toThrow(DecodeError);
  });

  it('refuse numbers that are not safe integers', () => {
    expect(() => new ByteWriter().varint(-1)).toThrow('out of range');
    expect(() => new ByteWriter().uint64(2 ** 53)).toThrow('out of range');
    expect(() => new ByteReader(new Uint8Array(8).fill(0xff)).uint64()).toThrow(DecodeError);
    expect(() => new ByteReader(new Uint8Array(9).fill(0xff)).varint()).toThrow(DecodeError);
  });
});

describe('new bytes', () => {
  it('are zero and nobody else’s, whatever their sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6000 }), { minLength: 1, maxLength: 40 }), (lengths) => {
        const all = lengths.map((length, i) => {
          const bytes = newBytes(length);
          expect(bytes.length).toBe(length);
          expect(bytes.every((byte) => byte === 0)).toBe(true);
          return bytes.fill((i % 255) + 1);
        });
        for (const [i, bytes] of all.entries()) expect(bytes.every((byte) => byte === (i % 255) + 1)).toBe(true);
      }),
    );
  });
});

describe('writers', () => {
  it('do not disturb each other, nested or grown', () => {
    const text = (i: number): string => `${i}`.repeat(1 + i * 400);
    const open = Array.from({ length: 20 }, (_, i) => new ByteWriter().text(text(i)));
    const more = open.map((writer, i) => writer.bytes(new ByteWriter().text(text(i)).finish()));
    const finished = more.map((writer, i) => (i % 2 === 0 ? writer.finish() : writer.finishApart()));
    for (const [i, bytes] of finished.entries()) {
      const reader = new ByteReader(bytes);
      expect(reader.text()).toBe(text(i));
      expect(new ByteReader(reader.bytes()).text()).toBe(text(i));
      reader.end();
    }
  });

  it('give bytes apart in memory of their own', () => {
    expect(new ByteWriter().uint8(7).finishApart().buffer.byteLength).toBe(1);
  });

  it('are finished once', () => {
    const writer = new ByteWriter().uint8(1);
    writer.finish();
    expect(() => writer.finish()).toThrow('twice');
  });
});
