// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { listProblem } from './merge.ts';
import { type Schema, fields, mapList, setList, withDefaults } from './schema.ts';

const schema: Schema = fields({
  items: mapList(['name'], { size: { default: 1 } }),
  tags: setList,
  free: { additionalProperties: fields({ on: { default: true } }) },
  made: { default: {}, properties: { inner: { default: 'x' } } },
});

describe('defaults', () => {
  test('fill what is missing, in items and free maps too, and replace nothing', () => {
    const given = { items: [{ name: 'a' }, { name: 'b', size: 2 }], free: { k: {} } };
    expect(withDefaults(given, schema)).toEqual({
      items: [
        { name: 'a', size: 1 },
        { name: 'b', size: 2 },
      ],
      free: { k: { on: true } },
      made: { inner: 'x' },
    });
  });
});

describe('lists', () => {
  test('need their keys, once each', () => {
    expect(listProblem({ items: [{ name: 'a' }, { size: 2 }] }, schema)).toBe(
      '.items[1]: an item of this list needs name',
    );
    expect(listProblem({ items: [{ name: 'a' }, { name: 'a' }] }, schema)).toContain(
      'duplicate entries for {"name":"a"}',
    );
    expect(listProblem({ tags: ['x', 'x'] }, schema)).toContain('duplicate');
    expect(listProblem({ items: [{ name: 'a' }, { name: 'b' }], tags: ['x'] }, schema)).toBeUndefined();
  });
});
