// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { runOpenLoop } from './open-loop.ts';

const plan = { perSecond: 500, warmUpMs: 100, measureMs: 200 };

describe('the open loop', () => {
  test('sends every request that is due, each once, and counts those after the warm-up', async () => {
    const numbers: number[] = [];
    const result = await runOpenLoop(async (number) => void numbers.push(number), plan);
    expect(numbers).toEqual(Array.from({ length: 150 }, (_, i) => i));
    expect(result.operations).toBe(100);
    expect(result.latency.total).toBe(100);
  });

  test('does not wait for answers, and counts what waited behind a server that hangs from when it was due', async () => {
    const hung = Promise.withResolvers<void>();
    let underWay = 0;
    let mostUnderWay = 0;
    void sleep(250).then(() => hung.resolve());
    const result = await runOpenLoop(async () => {
      mostUnderWay = Math.max(mostUnderWay, ++underWay);
      await hung.promise;
      underWay--;
    }, plan);
    expect(mostUnderWay).toBeGreaterThan(100);
    // Due over the 150 ms before the server answered: spread evenly, not one slow request.
    expect(result.latency.percentileMs(50)).toBeGreaterThan(40);
    expect(result.latency.percentileMs(100)).toBeGreaterThanOrEqual(149);
  });

  test('counts failures by message and goes on', async () => {
    const result = await runOpenLoop(async (number) => {
      if (number % 2 === 0) throw new Error('refused');
    }, plan);
    expect(result.operations).toBe(50);
    expect([...result.failures]).toEqual([['refused', 75]]);
  });
});
