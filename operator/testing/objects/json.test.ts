// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { canonicalText, isEqual, plainCopy } from './json.ts';
import { bytesOf } from './quantity.ts';

test('a plain copy is deep and frozen, and has no fields that are null or undefined', () => {
  const inner = { list: [{ b: 1, gone: null }], nothing: undefined };
  const copy = plainCopy({ inner });
  inner.list.push({ b: 2, gone: null });
  expect(copy).toEqual({ inner: { list: [{ b: 1 }] } });
  expect(Object.isFrozen(copy.inner.list[0])).toBe(true);
  expect(plainCopy({ again: copy }).again).toBe(copy);
});

test('values are equal as JSON is', () => {
  expect(isEqual({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1, d: undefined })).toBe(true);
  expect(isEqual({ a: 1 }, { a: 1, b: null })).toBe(false);
  expect(isEqual([1, 2], [2, 1])).toBe(false);
  expect(isEqual([], {})).toBe(false);
});

test('equal values have one canonical text', () => {
  expect(canonicalText({ b: { d: 1, c: 2 }, a: 1 })).toBe('{"a":1,"b":{"c":2,"d":1}}');
});

test('quantities are bytes', () => {
  expect([bytesOf('1Gi'), bytesOf('1.5Ki'), bytesOf('2M'), bytesOf('7')]).toEqual([2 ** 30, 1536, 2e6, 7]);
  expect([bytesOf(undefined), bytesOf('x'), bytesOf('-1Gi')]).toEqual([undefined, undefined, undefined]);
});
