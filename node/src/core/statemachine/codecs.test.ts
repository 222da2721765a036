// SPDX-License-Identifier: Apache-2.0
import { InvariantError } from '@shortlink/common/assert.ts';
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { fromHex, toHex } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeChunkRecord,
  decodeMergeRecord,
  encodeChunkRecord,
  encodeMergeRecord,
} from '../lifecycle/records-codec.ts';
import { decodeCommand, encodeCommand } from './command-codec.ts';
import { decodeEntry, encodeEntry } from './entry-codec.ts';
import { decodeReadOp, decodeReadResult, encodeReadOp, encodeReadResult } from './read-codec.ts';
import { decodeResult, encodeResult } from './result-codec.ts';
import * as arbitraries from './testing/arbitraries.ts';
import { createLink, createLinks, kvPut, newLinkRows } from './testing/commands.ts';
import * as lifecycleArbitraries from './testing/lifecycle-arbitraries.ts';

const entry = fc.record({
  timeMs: fc.maxSafeNat(),
  idempotencyWindowMs: fc.integer({ min: 1 }),
  commands: fc.array(arbitraries.loggedCommand, { maxLength: 4 }),
});

interface Codec<T> {
  readonly name: string;
  readonly arbitrary: fc.Arbitrary<T>;
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
}

function behaves<T>({ name, arbitrary, encode, decode }: Codec<T>): void {
  describe(name, () => {
    it('reads what it wrote', () => {
      fc.assert(
        fc.property(arbitrary, (value) => {
          expect(decode(encode(value))).toEqual(value);
        }),
      );
    });

    it('refuses every cut-off message and every byte behind the end', () => {
      fc.assert(
        fc.property(arbitrary, fc.nat(), (value, at) => {
          const bytes = encode(value);
          expect(() => decode(bytes.subarray(0, at % bytes.length))).toThrow(DecodeError);
          expect(() => decode(Uint8Array.of(...bytes, 0))).toThrow(DecodeError);
        }),
      );
    });

    it('refuses an unknown version', () => {
      fc.assert(
        fc.property(arbitrary, (value) => {
          const bytes = encode(value);
          bytes[0] = 0xee;
          expect(() => decode(bytes)).toThrow(DecodeError);
        }),
      );
    });

    it('throws nothing but DecodeError, whatever the bytes', () => {
      const broken = fc.tuple(arbitrary, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([value, at, byte]) => {
        const bytes = encode(value);
        bytes[at % bytes.length] = byte;
        return bytes;
      });
      const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.of(1, ...bytes));
      fc.assert(
        fc.property(fc.oneof(broken, noise), (bytes) => {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        }),
        { numRuns: 500 },
      );
    });
  });
}

behaves({ name: 'command', arbitrary: arbitraries.command, encode: encodeCommand, decode: decodeCommand });
behaves({
  name: 'command of the lifecycle',
  arbitrary: lifecycleArbitraries.lifecycleCommand,
  encode: encodeCommand,
  decode: decodeCommand,
});
behaves({
  name: 'chunk record',
  arbitrary: lifecycleArbitraries.chunkRecord,
  encode: encodeChunkRecord,
  decode: decodeChunkRecord,
});
behaves({
  name: 'merge record',
  arbitrary: lifecycleArbitraries.mergeRecord,
  encode: encodeMergeRecord,
  decode: decodeMergeRecord,
});
behaves({ name: 'result', arbitrary: arbitraries.commandResult, encode: encodeResult, decode: decodeResult });
behaves({ name: 'read operation', arbitrary: arbitraries.readOp, encode: encodeReadOp, decode: decodeReadOp });
behaves({ name: 'read result', arbitrary: arbitraries.readResult, encode: encodeReadResult, decode: decodeReadResult });
behaves({ name: 'entry', arbitrary: entry, encode: encodeEntry, decode: decodeEntry });

describe('an entry', () => {
  it('keeps its bytes from version to version', () => {
    const command = createLink('docs', {
      dedup: { key: new Uint8Array(16).fill(0xaa), fingerprint: new Uint8Array(8).fill(0xbb) },
      url: 'https://a.b/',
      creatorId: 'ada',
      expiresAtMs: 300,
    });
    const bytes = encodeEntry({ timeMs: 5, idempotencyWindowMs: 7, commands: [command] });
    expect(toHex(bytes)).toBe(
      `02050701${'01'}${'aa'.repeat(16)}${'bb'.repeat(8)}0104646f637300080c68747470733a2f2f612e622f0361646101ac020000`,
    );
    expect(decodeEntry(fromHex(toHex(bytes))).commands).toEqual([command]);
  });

  it('keeps the bytes of links that are created together, too', () => {
    const command = createLinks(['aaaa1111', undefined], {
      dedup: { key: new Uint8Array(16).fill(0xaa), fingerprint: new Uint8Array(8).fill(0xbb) },
      rows: newLinkRows([{ url: 'https://a.b/', expiresAtMs: 300 }, { url: 'https://a.c/' }]),
    });
    const bytes = encodeEntry({ timeMs: 5, idempotencyWindowMs: 7, commands: [command] });
    const rows = '01ac02036164610c68747470733a2f2f612e622f' + '00036164610c68747470733a2f2f612e632f';
    expect(toHex(bytes)).toBe(
      `02050701${'11'}${'aa'.repeat(16)}${'bb'.repeat(8)}080226${rows}0110${'6161616131313131'}${'00'.repeat(8)}00`,
    );
    expect(decodeEntry(fromHex(toHex(bytes))).commands).toEqual([{ ...command, coldVersion: undefined }]);
  });

  it('cannot be made with a create whose code is not drawn', () => {
    for (const command of [
      createLink('x', { code: undefined, generated: true }),
      createLinks(['aaaa1111'], { codes: undefined }),
    ]) {
      const content = { timeMs: 1, idempotencyWindowMs: 1, commands: [command] };
      expect(() => encodeEntry(content)).toThrow(InvariantError);
    }
  });

  it('cannot be made with a command beyond a limit, and a decoder refuses one', () => {
    const tooLong = kvPut('k'.repeat(4097), 'v');
    expect(() => encodeEntry({ timeMs: 1, idempotencyWindowMs: 1, commands: [tooLong] })).toThrow(InvariantError);
    expect(() => decodeCommand(encodeCommand(tooLong))).toThrow(DecodeError);
  });
});
