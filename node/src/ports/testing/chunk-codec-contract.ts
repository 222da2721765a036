// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { concatBytes, toHex, utf8 } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import type { ChunkCodec } from '../../core/chunk/chunk-codec.ts';

const sentence = utf8('the quick brown fox jumps over the lazy dog; ');
const text = concatBytes(...Array.from({ length: 200 }, () => sentence));

/** What every ChunkCodec promises. */
export function describeChunkCodecContract(name: string, codec: ChunkCodec): void {
  describe(`${name} keeps the contract of ChunkCodec`, () => {
    it('gives back what it compressed, with a dictionary and without', () => {
      for (const dictionary of [undefined, text.slice(0, 3000)]) {
        for (const raw of [new Uint8Array(0), Uint8Array.of(7), sentence, text]) {
          const packed = codec.compress(raw, { level: 9, dictionary });
          const unpacked = codec.decompress(packed, raw.length, dictionary);
          expect(unpacked).toEqual(raw);
          // A Buffer has a `slice` of its own.
          expect(Object.getPrototypeOf(unpacked)).toBe(Uint8Array.prototype);
        }
      }
    });

    it('makes text shorter, and with a dictionary shorter still', () => {
      const plain = codec.compress(sentence, { level: 9, dictionary: undefined }).length;
      const helped = codec.compress(sentence, { level: 9, dictionary: text }).length;
      expect(codec.compress(text, { level: 9, dictionary: undefined }).length).toBeLessThan(text.length / 10);
      expect(helped).toBeLessThan(plain / 2);
    });

    it('makes the same bytes of the same input', () => {
      const again = (): string => toHex(codec.compress(text, { level: 9, dictionary: sentence }));
      expect(again()).toBe(again());
    });

    it('refuses another length, broken bytes and a missing dictionary', () => {
      const packed = codec.compress(text, { level: 9, dictionary: undefined });
      expect(() => codec.decompress(packed, text.length - 1, undefined)).toThrow(DecodeError);
      expect(() => codec.decompress(packed, text.length + 1, undefined)).toThrow(DecodeError);
      expect(() => codec.decompress(packed.subarray(0, -1), text.length, undefined)).toThrow(DecodeError);
      expect(() => codec.decompress(concatBytes(packed, packed), text.length, undefined)).toThrow(DecodeError);
      expect(() => codec.decompress(sentence, text.length, undefined)).toThrow(DecodeError);
      expect(() => codec.decompress(new Uint8Array(0), 5, undefined)).toThrow(DecodeError);
    });

    it('takes no memory for a frame that claims to need much', () => {
      // The header of a frame of unknown length with a window of 2 GiB (RFC 8878, 3.1.1), and one empty last block.
      const greedy = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00);
      const before = process.memoryUsage().rss;
      expect(() => codec.decompress(greedy, 100, undefined)).toThrow(DecodeError);
      expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024);
    });

    it('has the checksums of the standards', () => {
      expect(codec.crc32(utf8('123456789'))).toBe(0xcbf43926);
      expect(codec.crc32(new Uint8Array(0))).toBe(0);
      const expected = createHash('sha256').update(text).digest('hex');
      expect(toHex(codec.sha256Of(text))).toBe(expected);
      const running = codec.sha256();
      for (let i = 0; i < 200; i++) running.update(sentence);
      expect(toHex(running.digest())).toBe(expected);
    });
  });
}
