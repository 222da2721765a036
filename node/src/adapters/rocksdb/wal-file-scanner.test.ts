// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '@shortlink/common/bytes.ts';
import type { WrittenLog } from './testing/wal-writer.ts';
import { logBatch, writeLog } from './testing/wal-writer.ts';
import type { WalFileVerdict } from './wal-file-scanner.ts';
import { WalFileScanner } from './wal-file-scanner.ts';
import { walBlockBytes } from './wal-record.ts';

const logNumber = 17;

function scan(bytes: Uint8Array): WalFileVerdict {
  const scanner = new WalFileScanner(logNumber);
  for (let at = 0; at < bytes.length; at += walBlockBytes) {
    if (!scanner.block(bytes.subarray(at, at + walBlockBytes), at)) break;
  }
  return scanner.finish();
}

/** Batches of one operation with bodies of these sizes. */
function logOf(bodySizes: readonly number[], recycledNumber?: number): WrittenLog {
  return writeLog(
    bodySizes.map((size, i) => logBatch(100 + i, 1, new Uint8Array(size).fill(i + 1))),
    recycledNumber,
  );
}

function flipped(log: WrittenLog, at: number, mask = 0x10): Uint8Array {
  const bytes = log.bytes.slice();
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  return bytes;
}

function recordOf(log: WrittenLog, index: number): { readonly start: number; readonly end: number } {
  return log.records.at(index) ?? { start: 0, end: 0 };
}

/** Sizes around every boundary of blocks and headers. */
const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: walBlockBytes - 60, max: walBlockBytes + 10 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2 * walBlockBytes, max: 3 * walBlockBytes }) },
);
const logs = fc
  .record({ bodies: fc.array(sizes, { minLength: 1, maxLength: 12 }), recycled: fc.boolean() })
  .map(({ bodies, recycled }) => logOf(bodies, recycled ? logNumber : undefined));

describe('the scan of an intact log', () => {
  it('is clean for records of any sizes in both layouts, and counts operations', () => {
    fc.assert(
      fc.property(logs, (log) => {
        expect(scan(log.bytes)).toEqual({ kind: 'clean' });
      }),
      { numRuns: 60 },
    );
    const scanner = new WalFileScanner(logNumber);
    scanner.block(writeLog([logBatch(5, 3, utf8('x')), logBatch(8, 2, utf8('y'))]).bytes, 0);
    expect(scanner.operations).toBe(5);
  });

  it('is clean when empty, and when a recycled file ends in records of its earlier life', () => {
    expect(scan(new Uint8Array(0))).toEqual({ kind: 'clean' });
    const old = logOf([500, 500, 500], logNumber - 1).bytes;
    const now = logOf([200], logNumber).bytes;
    expect(scan(concatBytes(now, old.subarray(old.length / 3)))).toEqual({ kind: 'clean' });
  });
});

describe('the scan of a log that was cut', () => {
  it('is clean at the end of a record and a torn tail, from the cut record on, everywhere else', () => {
    fc.assert(
      fc.property(logs, fc.nat(), (log, cut) => {
        const length = cut % (log.bytes.length + 1);
        const verdict = scan(log.bytes.subarray(0, length));
        const torn = log.records.find((record) => length > record.start && length < record.end);
        const allowed =
          torn === undefined ? (padsBlock(log, length) ? ['clean', 'tornTail'] : ['clean']) : ['tornTail'];
        expect(allowed).toContain(verdict.kind);
        expect(torn === undefined ? undefined : offsetOf(verdict)).toBe(torn?.start);
      }),
      { numRuns: 200 },
    );
  });

  it('is a torn tail when the rest is zeros, as after a power failure', () => {
    const log = logOf([100, 200, 70_000, 100]);
    const cut = recordOf(log, 2).start + 40_000;
    const bytes = log.bytes.slice();
    bytes.fill(0, cut);
    expect(scan(bytes)).toMatchObject({ kind: 'tornTail', offset: recordOf(log, 2).start });
    expect(scan(concatBytes(logOf([100]).bytes, new Uint8Array(100_000)))).toMatchObject({ kind: 'tornTail' });
  });

  it('is a torn tail when the rest is what the disk held before', () => {
    const log = logOf([100, 50_000]);
    const junk = Uint8Array.from({ length: 60_000 }, (_, i) => (i * 2_654_435_761) >>> 24);
    const bytes = concatBytes(log.bytes.subarray(0, recordOf(log, 1).start + 1000), junk);
    expect(scan(bytes)).toMatchObject({ kind: 'tornTail', offset: recordOf(log, 1).start });
  });
});

describe('the scan of a log with one flipped bit', () => {
  it('is never clean unless the bit is padding; corrupt before the last record; a torn tail in a short last one', () => {
    fc.assert(
      fc.property(logs, fc.nat(), fc.integer({ min: 0, max: 7 }), (log, position, bit) => {
        const at = position % log.bytes.length;
        const verdict = scan(flipped(log, at, 1 << bit));
        const index = log.records.findIndex((record) => at >= record.start && at < record.end);
        const record = recordOf(log, index);
        const last = log.records.length - 1;
        fc.pre(index !== -1 && !isPaddingWithin(log, at));
        const isShort = record.end - record.start < 1000 && !crossesBlock(record);
        const allowed = index < last ? ['corrupt'] : isShort ? ['tornTail'] : ['tornTail', 'corrupt'];
        expect(allowed).toContain(verdict.kind);
        expect(offsetOf(verdict)).toBe(record.start);
      }),
      { numRuns: 400 },
    );
  });

  it('finds the records behind a damaged length, which points past them', () => {
    const log = logOf([100, 100, 100, 100]);
    for (const byte of [4, 5]) {
      expect(scan(flipped(log, recordOf(log, 1).start + byte, 0x80))).toMatchObject({
        kind: 'corrupt',
        offset: recordOf(log, 1).start,
      });
    }
  });

  it('takes a flip in the payload of a long last record for a torn tail in every one of its blocks', () => {
    const log = logOf([100, 100_000]);
    for (const ahead of [5_000, 40_000, 70_000, 95_000]) {
      const verdict = scan(flipped(log, recordOf(log, 1).start + ahead));
      expect(verdict).toMatchObject({ kind: 'tornTail', offset: recordOf(log, 1).start });
    }
  });

  it('finds what follows a long damaged record', () => {
    const log = logOf([100, 100_000, 20]);
    for (const ahead of [5_000, 40_000, 70_000, 95_000]) {
      expect(scan(flipped(log, recordOf(log, 1).start + ahead))).toMatchObject({ kind: 'corrupt' });
    }
  });
});

describe('the scan of a log with holes', () => {
  it('is corrupt where a whole block was lost to zeros between good ones', () => {
    const log = logOf(Array.from({ length: 500 }, () => 300));
    const bytes = log.bytes.slice();
    bytes.fill(0, walBlockBytes, 2 * walBlockBytes);
    expect(scan(bytes)).toMatchObject({ kind: 'corrupt' });
  });

  it('is corrupt where a record is missing although all checksums are good', () => {
    const batches = [1, 2, 4].map((sequence) => logBatch(sequence, 1, utf8('x')));
    const verdict = scan(writeLog(batches).bytes);
    expect(verdict).toMatchObject({ kind: 'corrupt', reason: expect.stringContaining('sequence number 4') });
  });

  it('is corrupt where a record lost its beginning or its end', () => {
    const log = logOf([100, 50_000, 100]);
    const block2 = log.bytes.subarray(walBlockBytes);
    expect(scan(block2)).toMatchObject({ kind: 'corrupt', offset: 0 });
    const other = logOf([100]).bytes;
    const padded = concatBytes(log.bytes.subarray(0, walBlockBytes), other);
    expect(scan(padded)).toMatchObject({ kind: 'corrupt', offset: recordOf(log, 1).start });
  });

  it('is not misled by the image of a log inside the payload of a torn record', () => {
    const image = logOf([50, 50, 50]).bytes;
    const log = writeLog([logBatch(9_000, 1, utf8('x')), logBatch(9_001, 1, concatBytes(image, new Uint8Array(500)))]);
    const torn = log.bytes.subarray(0, log.bytes.length - 100);
    expect(scan(torn)).toMatchObject({ kind: 'tornTail', offset: recordOf(log, 1).start });
  });
});

function offsetOf(verdict: WalFileVerdict): number | undefined {
  return verdict.kind === 'clean' ? undefined : verdict.offset;
}

function padsBlock(log: WrittenLog, length: number): boolean {
  const next = log.records.find((record) => record.start >= length);
  return next !== undefined && length % walBlockBytes > walBlockBytes - 11;
}

function crossesBlock(record: { readonly start: number; readonly end: number }): boolean {
  return Math.floor(record.start / walBlockBytes) !== Math.floor((record.end - 1) / walBlockBytes);
}

/** Fragments of one record can have padding between them only at the end of a block, where no header fits. */
function isPaddingWithin(log: WrittenLog, at: number): boolean {
  const inBlock = at % walBlockBytes;
  return (
    inBlock > walBlockBytes - 11 && log.bytes.subarray(at, at - inBlock + walBlockBytes).every((byte) => byte === 0)
  );
}
