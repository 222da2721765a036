// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { durationMs } from './duration.ts';
import { quantityBytes } from './quantity.ts';

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
])('the quantity %s has %d bytes', (text, bytes) => {
  expect(quantityBytes(text)).toBe(bytes);
});

test.each(['', 'Gi', '1 Gi', '1GiB', '-1Gi', '1e3', '500m', '1.Gi', '0x10'])('%j is no quantity of bytes', (text) => {
  expect(quantityBytes(text)).toBeUndefined();
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
