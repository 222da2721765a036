// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { type Schema, fields } from './schema.ts';
import { pruned, undeclaredField } from './structural.ts';

const schema: Schema = fields({
  spec: fields({
    size: {},
    list: { items: fields({ a: {} }) },
    labels: { additionalProperties: {} },
    any: { 'x-kubernetes-preserve-unknown-fields': true },
  }),
});

const head = { apiVersion: 'x.dev/v1', kind: 'X', metadata: { name: 'x', labels: { a: 'b' } } };
const known = { size: 1, list: [{ a: 1 }], labels: { x: 'y' }, any: { thing: [{ goes: true }] } };

test('what is declared is kept, and so is all that a part leaves open', () => {
  const object = { ...head, spec: known };
  expect(undeclaredField(object, schema)).toBeUndefined();
  expect(pruned(object, schema)).toEqual(object);
});

test.each([
  ['.status', { status: {} }],
  ['.spec.sise', { spec: { ...known, sise: 2 } }],
  ['.spec.list[1].b', { spec: { ...known, list: [{ a: 1 }, { b: 2 }] } }],
])('%s is not declared, and goes', (path, parts) => {
  const object = { ...head, spec: known, ...parts };
  expect(undeclaredField(object, schema)).toBe(path);
  expect(undeclaredField(pruned(object, schema), schema)).toBeUndefined();
});
