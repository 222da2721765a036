// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LatencyHistogram } from './latency.ts';

function exactPercentile(latenciesMs: readonly number[], percent: number): number {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0;
}

describe('the latency histogram', () => {
  test('gives percentiles within one bucket above the exact ones', () => {
    const latencies = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(latencies, fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const exact = exactPercentile(values, percent);
        const given = histogram.percentileMs(percent);
        expect(given).toBeGreaterThanOrEqual(exact - 0.0006);
        expect(given).toBeLessThanOrEqual(exact * (1 + 1 / 64) + 0.0006);
      }),
    );
  });

  test('adds up like one that saw both halves', () => {
    const [a, b, both] = [new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram()];
    for (let i = 0; i < 1000; i++) {
      (i % 3 === 0 ? a : b).record(i / 7);
      both.record(i / 7);
    }
    a.add(b);
    expect(a.total).toBe(1000);
    for (const percent of [1, 50, 99, 100]) expect(a.percentileMs(percent)).toBe(both.percentileMs(percent));
  });

  test('is 0 where nothing was recorded, and keeps what is off its scale in the last bucket', () => {
    const histogram = new LatencyHistogram();
    expect(histogram.percentileMs(99)).toBe(0);
    histogram.record(1e9);
    expect(histogram.percentileMs(50)).toBeGreaterThan(60_000);
  });
});
