// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { covers, project } from './projection.ts';

describe('an observed object covers an intent', () => {
  test.each([
    ['with defaults beside it', { spec: { a: 1 } }, { spec: { a: 1, b: 2 }, status: {} }],
    ['whose nothings are left out', { spec: { a: 1, flag: false, list: [], text: '', map: {} } }, { spec: { a: 1 } }],
    [
      'with containers of others among its own',
      { containers: [{ name: 'node', image: 'x' }] },
      {
        containers: [
          { name: 'sidecar', image: 'y' },
          { name: 'node', image: 'x', imagePullPolicy: 'Always' },
        ],
      },
    ],
    ['in any order of keys', { a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }],
  ])('%s', (_title, intent, observed) => {
    expect(covers(observed, intent)).toBe(true);
  });

  test.each([
    ['but not with another value', { spec: { a: 1 } }, { spec: { a: 2 } }],
    ['but not without a field', { spec: { a: 1 } }, { spec: {} }],
    ['but not without its container', { c: [{ name: 'node' }] }, { c: [{ name: 'other' }] }],
    ['but not with an argument too many', { args: ['a'] }, { args: ['a', 'b'] }],
    [
      'but not with another one of two mounts of a volume',
      {
        m: [
          { name: 'data', path: '/a' },
          { name: 'data', path: '/b' },
        ],
      },
      {
        m: [
          { name: 'data', path: '/a' },
          { name: 'data', path: '/c' },
        ],
      },
    ],
    ['but not with another order of arguments', { args: ['a', 'b'] }, { args: ['b', 'a'] }],
    ['but not when it is written in another way', { size: '1024Mi' }, { size: '1Gi' }],
    ['but not when a nothing has become something', { flag: false }, { flag: true }],
  ])('%s', (_title, intent, observed) => {
    expect(covers(observed, intent)).toBe(false);
  });

  test('always, when it is the intent itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(covers(value, value)).toBe(true);
      }),
    );
  });
});

test('a projection has nothing that the intent does not speak of', () => {
  const intent = { spec: { a: 1, list: [{ name: 'x', v: 1 }] } };
  const observed = { spec: { a: 3, z: 1, list: [{ name: 'y' }, { name: 'x', v: 2, w: 5 }] }, status: 1 };
  expect(project(intent, observed)).toEqual({ spec: { a: 3, list: [{ name: 'x', v: 2 }] } });
});

test('equal values have equal texts, whatever the order of their keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
