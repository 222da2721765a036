// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { AgeingMap } from './ageing-map.ts';

const value = { bytes: 100 };

it('stays within its bytes, and keeps what is used again and again', () => {
  const map = new AgeingMap<typeof value>(10_000);
  map.set('hot', value);
  for (let i = 0; i < 1000; i++) {
    map.set(`cold${i}`, value);
    const hot = map.get('hot');
    expect(hot).toBe(value);
    map.touch('hot', value);
    expect(map.bytes).toBeLessThanOrEqual(10_100);
  }
  expect(map.get('cold0')).toBeUndefined();
  expect(map.get('cold999')).toBe(value);
});

it('counts the bytes of a value that takes the place of another once', () => {
  const map = new AgeingMap<typeof value>(10_000);
  for (let i = 0; i < 10; i++) map.set('a', { bytes: i * 10 });
  expect(map.bytes).toBe(90);
});

it('looking alone keeps nothing', () => {
  const map = new AgeingMap<typeof value>(1000);
  map.set('a', value);
  for (let i = 0; i < 20; i++) {
    map.get('a');
    map.set(`b${i}`, value);
  }
  expect(map.get('a')).toBeUndefined();
});
