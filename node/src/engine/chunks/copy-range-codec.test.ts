// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { limits } from '@shortlink/common/limits.ts';
import { expect, it } from 'vitest';
import { decodeCopyRange, encodeCopyRange } from './copy-range-codec.ts';

it('reads what it wrote, and refuses more than one answer may hold', () => {
  const range = { name: 'c/chunks/1', offset: 7, length: limits.copyReadMaxBytes };
  expect(decodeCopyRange(encodeCopyRange(range))).toEqual(range);
  for (const length of [0, limits.copyReadMaxBytes + 1])
    expect(() => decodeCopyRange(encodeCopyRange({ ...range, length }))).toThrow(DecodeError);
  expect(() => decodeCopyRange(encodeCopyRange(range).subarray(0, 5))).toThrow(DecodeError);
  expect(() => decodeCopyRange(Uint8Array.of(9))).toThrow(DecodeError);
});
