// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { limits } from './limits.ts';
import { checkNameStart, checkObjectName, checkObjectPrefix } from './object-name.ts';

const longSegment = 'x'.repeat(limits.objectSegmentMaxBytes);

describe('a name of an object', () => {
  test.each(['a', 'a/b', 'A0._=-/9', '-', '=x', 'a..b', `${longSegment}/${longSegment}`])('may be %s', (name) => {
    expect(checkObjectName(name)).toBeUndefined();
    expect(checkObjectPrefix(name.slice(0, limits.objectPrefixMaxBytes))).toBeUndefined();
  });

  test.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/../b',
    './a',
    '.hidden',
    'a/.hidden',
    'a b',
    'a\\b',
    'a\0b',
    'é',
    'a%2Fb',
    'a+b',
    `${longSegment}x`,
    'x/'.repeat(limits.objectNameMaxBytes / 2) + 'x',
  ])('may not be %j', (name) => {
    expect(checkObjectName(name)).toMatch(/^(?:not|longer|empty)/);
  });
});

test('name and prefix together are a key that every store takes', () => {
  expect(limits.objectPrefixMaxBytes + 1 + limits.objectNameMaxBytes).toBeLessThanOrEqual(1024);
  expect(checkObjectPrefix('')).toBeUndefined();
  expect(checkObjectPrefix('x/'.repeat(127) + 'xx')).toBe('longer than 255 bytes');
});

test('a name may start in the middle of a segment and end with a slash', () => {
  for (const start of ['', 'a', 'a/', 'a/b', 'a/b/']) expect(checkNameStart(start)).toBeUndefined();
  for (const start of ['/', 'a//', 'ä', 'x'.repeat(limits.objectNameMaxBytes + 1)]) {
    expect(checkNameStart(start)).toMatch(/^(?:not|longer)/);
  }
});
