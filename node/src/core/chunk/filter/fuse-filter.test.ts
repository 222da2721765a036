// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterBuilder } from './filter-builder.ts';
import { FuseFilter } from './fuse-filter.ts';
import { hashKey, murmur3 } from './key-hash.ts';

function filterOf(keys: readonly Uint8Array[]): FuseFilter {
  const hashes = keys.map(hashKey);
  return FuseFilter.of(
    Uint32Array.from(hashes, (hash) => hash.first),
    Uint32Array.from(hashes, (hash) => hash.second),
  );
}

describe('MurmurHash3', () => {
  // Published test vectors of the 32-bit variant for x86.
  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0, 0xc0363e43],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ])('of %j with seed %d', (text, seed, expected) => {
    expect(murmur3(utf8(text), seed)).toBe(expected);
  });
});

describe('a fuse filter', () => {
  it('knows every key, however many there are, also after it was written and read', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uint8Array({ maxLength: 12 }), { minLength: 1, maxLength: 300 }), (keys) => {
        const filter = filterOf(keys);
        const read = FuseFilter.decode(filter.encode());
        expect(keys.every((key) => filter.mayContain(hashKey(key)) && read.mayContain(hashKey(key)))).toBe(true);
      }),
    );
  });

  it('takes at most 10 bits a key and lets at most 1 % of the absent keys pass', () => {
    const builder = new FilterBuilder();
    const keys = Array.from({ length: 150_000 }, (_, i) => utf8(`present-${i}`));
    for (const [i, key] of keys.entries()) {
      builder.add(key);
      if (i % 400 === 399) builder.endBlock();
    }
    const segments = builder.finish();
    expect(segments.map((segment) => segment.keyCount).reduce((a, b) => a + b)).toBe(keys.length);
    const bits = segments.reduce((sum, segment) => sum + segment.bytes.length * 8, 0);
    expect(bits / keys.length).toBeLessThanOrEqual(10);
    const filters = segments.map((segment) => FuseFilter.decode(segment.bytes));
    const absent = Array.from({ length: 50_000 }, (_, i) => hashKey(utf8(`absent-${i}`)));
    const passed = absent.filter((hash) => filters[0]?.mayContain(hash)).length;
    expect(passed / absent.length).toBeLessThanOrEqual(0.01);
    // One of 256; a filter that refuses much more has forgotten keys.
    expect(passed / absent.length).toBeGreaterThan(0.002);
  });

  it.each([4000, 12_000, 40_000])('of %d keys alone takes at most 10 bits a key, too', (count) => {
    const keys = Array.from({ length: count }, (_, i) => utf8(`key-${i}`));
    const filter = filterOf(keys);
    expect((filter.encode().length * 8) / count).toBeLessThanOrEqual(10);
    expect(keys.every((key) => filter.mayContain(hashKey(key)))).toBe(true);
  });

  it('can be built of keys with equal hashes', () => {
    const twins = Uint32Array.from({ length: 40 }, (_, i) => (i < 20 ? 5 : i));
    const filter = FuseFilter.of(twins, twins);
    expect([...twins].every((word) => filter.mayContain({ first: word, second: word }))).toBe(true);
  });

  it('is refused when its length does not fit its shape', () => {
    const bytes = filterOf([utf8('a'), utf8('b')]).encode();
    expect(() => FuseFilter.decode(bytes.subarray(1))).toThrow(DecodeError);
    expect(() => FuseFilter.decode(bytes.subarray(0, -1))).toThrow(DecodeError);
    expect(() => FuseFilter.decode(Uint8Array.of(...bytes, 0))).toThrow(DecodeError);
  });
});

describe('the segments of a filter', () => {
  it('end with blocks, and none but a lone one is small', () => {
    for (const blocks of [1, 3, 170, 200, 256, 300, 420]) {
      const builder = new FilterBuilder();
      for (let block = 0; block < blocks; block++) {
        for (let i = 0; i < 400; i++) builder.add(utf8(`${block}/${i}`));
        builder.endBlock();
      }
      const segments = builder.finish();
      expect(segments.reduce((sum, segment) => sum + segment.blockCount, 0)).toBe(blocks);
      expect(segments.every(({ keyCount, blockCount }) => keyCount === blockCount * 400)).toBe(true);
      if (segments.length > 1) expect(Math.min(...segments.map((segment) => segment.keyCount))).toBeGreaterThan(32_000);
    }
  });
});
