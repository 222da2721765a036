// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { CallPace } from './call-pace.ts';

const options = { minGapMs: 5, maxGapMs: 9, fullCodes: 20, busyCodesPerSecond: 1000 };

/** A pace that has seen calls of so many codes every 10 ms, until 1000 ms. */
function paceAt(codes: number): CallPace {
  const pace = new CallPace(options);
  for (let ms = 0; ms <= 1000; ms += 10) {
    pace.delayMs(codes, ms);
    pace.started(codes, ms);
  }
  return pace;
}

test('while few codes come, calls need not wait', () => {
  const pace = paceAt(9);
  expect(pace.delayMs(1, 1001)).toBe(0);
});

test('while many codes come, calls wait for as many as there were lately, and not for long', () => {
  const pace = paceAt(11);
  expect(pace.delayMs(10, 1002)).toBe(3);
  expect(pace.delayMs(11, 1002)).toBe(0);
  expect(pace.delayMs(1, 1004)).toBe(1);
  expect(pace.delayMs(1, 1005)).toBe(0);
});

test('calls that take longer wait longer, up to a limit', () => {
  const pace = paceAt(11);
  for (let i = 0; i < 100; i++) pace.ended(4);
  expect(pace.delayMs(1, 1000)).toBeCloseTo(8);
  for (let i = 0; i < 100; i++) pace.ended(1000);
  expect(pace.delayMs(1, 1000)).toBe(9);
  for (let i = 0; i < 100; i++) pace.ended(0);
  expect(pace.delayMs(1, 1000)).toBe(5);
});

test('a call with enough codes never waits', () => {
  const pace = paceAt(40);
  expect(pace.delayMs(19, 1001)).toBe(4);
  expect(pace.delayMs(20, 1001)).toBe(0);
});

test('what was usual is forgotten when there are fewer codes', () => {
  const pace = paceAt(40);
  for (let ms = 1000; ms <= 1110; ms += 5) {
    pace.delayMs(6, ms);
    pace.started(6, ms);
  }
  expect(pace.delayMs(5, 1111)).toBe(4);
  expect(pace.delayMs(6, 1111)).toBe(0);
});
