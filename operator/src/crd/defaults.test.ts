// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { withDefaults } from './defaults.ts';
import type { Schema } from './schema.ts';

const schema: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    count: { type: 'integer', default: 3 },
    outer: {
      type: 'object',
      default: {},
      properties: { inner: { type: 'string', default: 'a' }, other: { type: 'string' } },
    },
    absent: { type: 'object', properties: { inner: { type: 'string', default: 'b' } } },
    list: {
      type: 'array',
      items: { type: 'object', properties: { flag: { type: 'boolean', default: false } } },
    },
    map: {
      type: 'object',
      additionalProperties: { type: 'object', properties: { size: { type: 'string', default: '1Gi' } } },
    },
    open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};

describe('defaults', () => {
  test('are filled in where a field is absent, and further within a default', () => {
    expect(withDefaults(schema, {})).toEqual({ count: 3, outer: { inner: 'a' } });
  });

  test('leave what is given, falsy values too', () => {
    const given = { count: 0, outer: { inner: '', other: 'x' } };
    expect(withDefaults(schema, given)).toEqual(given);
  });

  test('take the place of null, as at the API server', () => {
    expect(withDefaults(schema, { count: null, list: undefined, outer: { inner: null } })).toEqual({
      count: 3,
      outer: { inner: 'a' },
    });
  });

  test('make no object that has no default itself', () => {
    expect(withDefaults(schema, {})).not.toHaveProperty('absent');
    expect(withDefaults(schema, { absent: {} })).toHaveProperty('absent', { inner: 'b' });
  });

  test('reach items of lists and values of maps', () => {
    const filled = withDefaults(schema, { list: [{}, { flag: true }], map: { one: {} } });
    expect(filled).toMatchObject({ list: [{ flag: false }, { flag: true }], map: { one: { size: '1Gi' } } });
  });

  test('leave alone what the schema does not know, and what does not fit it', () => {
    expect(withDefaults(schema, { open: { a: null }, list: 'x', other: 1 })).toMatchObject({
      open: { a: null },
      list: 'x',
      other: 1,
    });
    expect(withDefaults(schema, 'x')).toBe('x');
  });

  test('change nothing the second time', () => {
    const once = withDefaults(schema, { list: [{}] });
    expect(withDefaults(schema, once)).toEqual(once);
  });

  test('do not share objects of the schema with what they fill in', () => {
    const filled = withDefaults(schema, {}) as { outer: object };
    expect(filled.outer).not.toBe(schema.properties?.['outer']?.default);
  });
});
