// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { durationMs } from './duration.ts';
import { quantityBytes, wholeBytes } from './quantity.ts';

test.each([
  ['0', 0],
  ['4095', 4095],
  ['4Ki', 4096],
  ['64Mi', 67_108_864],
  ['1.5Gi', 1_610_612_736],
  ['64Ti', 70_368_744_177_664],
  ['1k', 1000],
  ['10G', 10_000_000_000],
  ['0.3', 1],
  ['1.7Gi', 1_825_361_101],
  // What the API server makes of it.
  ['1825361100800m', 1_825_361_101],
  ['1.1G', 1_100_000_000],
  ['500m', 1],
  ['2Pi', 2_251_799_813_685_248],
  ['1e3', 1000],
  ['1.5E2', 150],
  ['1E', 1_000_000_000_000_000_000],
  ['1.Gi', 1_073_741_824],
])('the quantity %s has %d bytes', (text, bytes) => {
  expect(quantityBytes(text)).toBe(bytes);
});

test.each(['', 'Gi', '1 Gi', '1GiB', '-1Gi', '1e', '.5Gi', '1mi', '0x10'])('%j is no quantity of bytes', (text) => {
  expect(quantityBytes(text)).toBeUndefined();
});

test.each([
  ['10Gi', '10Gi'],
  ['1000', '1000'],
  ['1.5Gi', '1610612736'],
  ['1.7Gi', '1825361101'],
])('a volume of %s asks for %s', (text, asked) => {
  expect(wholeBytes(text)).toBe(asked);
});

test.each([
  ['0s', 0],
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1m1ms', 60_001],
])('the time %s has %d milliseconds', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test.each(['', '30', 's', '1d', '1.5h', '-1s', '1s ', '1S'])('%j is no time', (text) => {
  expect(durationMs(text)).toBeUndefined();
});
