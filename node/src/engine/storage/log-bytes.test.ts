// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { LogBytes } from './log-bytes.ts';

const kib = 1024;

/** Entries 1…n of 6 KiB: three make a segment. */
function filled(entries: number): LogBytes {
  const log = new LogBytes();
  for (let index = 1; index <= entries; index++) log.add(index, 6 * kib);
  return log;
}

describe('bytes of a log', () => {
  it('say behind which index so many are left, and never leave more', () => {
    const log = filled(12);
    expect(log.total).toBe(72 * kib);
    expect(log.indexBehind(72 * kib)).toBe(0);
    expect(log.indexBehind(71 * kib)).toBe(3);
    expect(log.indexBehind(36 * kib)).toBe(6);
    expect(log.indexBehind(35 * kib)).toBe(9);
    expect(log.indexBehind(0)).toBe(Infinity);
  });

  it('shrink at either end with the log', () => {
    const log = filled(12);
    log.dropUpTo(6);
    expect(log.total).toBe(36 * kib);
    log.dropUpTo(7);
    expect(log.total).toBe(36 * kib);
    log.dropFrom(10);
    expect(log.total).toBe(18 * kib);
    log.add(10, kib);
    expect(log.total).toBe(19 * kib);
    log.dropUpTo(10);
    expect(log.total).toBe(kib);
    log.dropFrom(1);
    expect(log.total).toBe(0);
  });
});
