// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { cpuSeconds, nameIn, threadCpuSeconds, ticksIn } from './cpu-time.ts';

describe('CPU time', () => {
  test('is user and system time, whatever the name of the program', () => {
    const stat = '42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 700 30 0 0 20 0 1 0 5';
    expect(ticksIn(stat)).toBe(730);
    expect(nameIn(stat)).toBe('a (b) c');
  });

  test('is unknown without processes and for those that are gone', () => {
    expect(cpuSeconds([])).toBeUndefined();
    expect(cpuSeconds([2 ** 30])).toBeUndefined();
    expect(threadCpuSeconds(2 ** 30).size).toBe(0);
  });
});
