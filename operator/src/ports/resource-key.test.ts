// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { keyOfObject, keyText, parseKeyText } from './resource-key.ts';

test.each([
  ['ns/a', { namespace: 'ns', name: 'a' }],
  ['node-1', { namespace: undefined, name: 'node-1' }],
])('%s is a key and its text', (text, key) => {
  expect(keyText(key)).toBe(text);
  expect(parseKeyText(text)).toEqual(key);
});

test('the key of an object is in its metadata', () => {
  const metadata = { name: 'a', namespace: 'ns', uid: 'u' };
  expect(keyOfObject({ apiVersion: 'v1', kind: 'Pod', metadata })).toEqual({ namespace: 'ns', name: 'a' });
});
