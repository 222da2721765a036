// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { matchesSelector, selectorTest } from './label-selector.ts';

test.each([
  ['a=1', true],
  ['a==1,b', true],
  ['a=2', false],
  ['a!=2', true],
  ['c!=2', true],
  ['a in (1, 2),b', true],
  ['a notin (1)', false],
  ['!c', true],
  ['!a', false],
  ['', true],
])('%s', (selector, expected) => {
  expect(selectorTest(selector)({ a: '1', b: '2' })).toBe(expected);
});

test('what is no selector is refused', () => {
  expect(() => selectorTest('a=1=2')).toThrow('unable to parse');
  expect(() => matchesSelector({}, { matchExpressions: [{ key: 'a', operator: 'Is' }] })).toThrow('operator');
});

test('selectors of workloads want all of their parts', () => {
  const selector = { matchLabels: { a: '1' }, matchExpressions: [{ key: 'b', operator: 'In', values: ['2', '3'] }] };
  expect(matchesSelector({ a: '1', b: '3' }, selector)).toBe(true);
  expect(matchesSelector({ a: '1', b: '4' }, selector)).toBe(false);
  expect(matchesSelector(undefined, selector)).toBe(false);
});
