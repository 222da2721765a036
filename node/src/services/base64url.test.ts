// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBase64Url, toBase64Url } from './base64url.ts';

test('agrees with the platform for all bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = toBase64Url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(fromBase64Url(text)).toEqual(bytes);
    }),
  );
});

test.each(['A', 'AB', 'AAB', 'AA==', 'A+AA', 'AA/A', 'AAA '])('%j is not the encoding of any bytes', (text) => {
  expect(fromBase64Url(text)).toBeUndefined();
});
