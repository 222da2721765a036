// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { mergePod } from './merge.ts';

it('merges maps by their keys and takes away what is null', () => {
  expect(mergePod({ a: 1, b: { c: 2, d: 3 }, e: 4 }, { b: { c: 5 }, e: null, f: 6 })).toEqual({
    a: 1,
    b: { c: 5, d: 3 },
    f: 6,
  });
});

it('merges containers by name, and takes variables and volumes as a whole', () => {
  const base = {
    containers: [{ name: 'node', image: 'a', env: [{ name: 'A', value: '1' }], securityContext: { x: 1 } }],
    volumes: [{ name: 'v', configMap: { name: 'c' } }],
  };
  const over = {
    containers: [
      { name: 'side', image: 's' },
      { name: 'node', env: [{ name: 'A', valueFrom: {} }, { name: 'B' }], securityContext: { y: 2 } },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  };
  expect(mergePod(base, over)).toEqual({
    containers: [
      { name: 'node', image: 'a', env: [{ name: 'A', valueFrom: {} }, { name: 'B' }], securityContext: { x: 1, y: 2 } },
      { name: 'side', image: 's' },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  });
});

it('takes the later one of two items of one key', () => {
  const over = {
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 'v', hostPath: {} },
    ],
  };
  for (const volumes of [[], [{ name: 'v' }]])
    expect(mergePod({ volumes }, over)).toEqual({ volumes: [{ name: 'v', hostPath: {} }] });
});

it('replaces lists that have no key', () => {
  expect(mergePod({ tolerations: [{ key: 'a' }], args: ['a'] }, { tolerations: [{ key: 'b' }], args: [] })).toEqual({
    tolerations: [{ key: 'b' }],
    args: [],
  });
});

it('changes nothing that it was given', () => {
  const base = { containers: [{ name: 'node', env: [] }] };
  const before = structuredClone(base);
  mergePod(base, { containers: [{ name: 'node', env: [{ name: 'A' }] }] });
  expect(base).toEqual(before);
});
