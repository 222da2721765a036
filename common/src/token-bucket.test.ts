// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

test('a burst passes at once, then one token a period', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 2 });
  expect([bucket.reserve(0), bucket.reserve(0), bucket.reserve(0), bucket.reserve(0)]).toEqual([0, 0, 100, 200]);
  expect(bucket.reserve(1000)).toBe(0);
});

test('an idle bucket holds no more than its burst', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 2 });
  bucket.reserve(0);
  expect([bucket.tryTake(60_000), bucket.tryTake(60_000), bucket.tryTake(60_000)]).toEqual([true, true, false]);
});

test('a token that is given back serves the next one', () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 1 });
  bucket.reserve(0);
  expect(bucket.reserve(0)).toBe(1000);
  bucket.giveBack();
  expect(bucket.reserve(0)).toBe(1000);
});

test('a time that falls adds nothing', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 1 });
  bucket.reserve(1000);
  expect(bucket.tryTake(500)).toBe(false);
});
