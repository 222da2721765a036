// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { Schema } from './schema.ts';
import { shortLinkClusterSchema } from './shortlink-cluster-schema.gen.ts';
import { formatSchemaProblem, patternWords, schemaProblems } from './validate.ts';

const schema: Schema = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'string', pattern: '^[0-9]+(Ki|Mi|Gi|Ti)?$', maxLength: 6 },
    count: { type: 'integer', minimum: 1, maximum: 5 },
    mode: { type: 'string', enum: ['Copy', 'Adopt'] },
    status: { type: 'integer', enum: [301, 302] },
    on: { type: 'boolean' },
    text: { type: 'string', minLength: 1, pattern: '^[a-z]*$' },
    at: { type: 'string', format: 'date-time' },
    hosts: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    refs: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    },
    amounts: { type: 'object', maxProperties: 1, additionalProperties: { 'x-kubernetes-int-or-string': true } },
    open: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { hostname: { type: 'string' } },
    },
  },
};

function problems(fields: object): string[] {
  return schemaProblems(schema, { size: '1Gi', ...fields }).map(formatSchemaProblem);
}

describe('a value that fits', () => {
  test.each([
    [{}],
    [{ count: 1, mode: 'Copy', status: 301, on: false, text: 'a', at: '2026-11-28T14:57:06Z' }],
    [{ hosts: ['a', 'b'], refs: [{ name: 'a' }, { name: 'b' }] }],
    [{ amounts: { cpu: 2 } }],
    [{ amounts: { cpu: '500m' } }],
    [{ open: { anything: [1], hostname: 'x' } }],
  ])('%j has no problems', (fields) => {
    expect(problems(fields)).toEqual([]);
  });
});

describe('a problem', () => {
  test.each([
    [{ size: '1GB' }, 'size: "1GB" is not a size, such as 512Ki, 64Mi or 1Gi'],
    [{ size: 10 }, 'size: 10 is not text: write "10"'],
    [{ size: '10000Gi' }, 'size: has 7 characters, at most 6 are allowed'],
    [{ count: 0 }, 'count: 0 is below 1'],
    [{ count: 6 }, 'count: 6 is above 5'],
    [{ count: '3' }, 'count: "3" is not a whole number'],
    [{ count: 1.5 }, 'count: 1.5 is not a whole number'],
    [{ mode: 'adopt' }, 'mode: "adopt" is not one of Copy, Adopt; did you mean Adopt?'],
    [{ status: 307 }, 'status: 307 is not one of 301, 302'],
    [{ on: 'yes' }, 'on: "yes" is neither true nor false'],
    [{ text: '' }, 'text: is empty'],
    [{ text: 'A' }, 'text: "A" is not of the form ^[a-z]*$'],
    [{ at: 'noon' }, 'at: "noon" is not a time of RFC 3339'],
    [{ hosts: 'a' }, 'hosts: "a" is not a list'],
    [{ hosts: [] }, 'hosts: needs at least 1 item'],
    [{ hosts: ['a', 'b', 'c'] }, 'hosts: has 3 items, at most 2 are allowed'],
    [{ hosts: ['a', 'a'] }, 'hosts[1]: "a" is listed twice'],
    [{ hosts: ['a', 1] }, 'hosts[1]: 1 is not text: write "1"'],
    [{ refs: [{ name: 'a' }, { name: 'a' }] }, 'refs[1]: name "a" is listed twice'],
    [{ refs: [{}] }, 'refs[0].name: is required'],
    [{ refs: [{ name: 'a', nam: 'b' }] }, 'refs[0].nam: is no field of this resource; did you mean name?'],
    [{ amounts: { cpu: 1.5 } }, 'amounts.cpu: 1.5 is neither a whole number nor text'],
    [{ amounts: { cpu: 1, memory: 1 } }, 'amounts: has 2 fields, at most 1 are allowed'],
    [{ open: { hostname: 1 } }, 'open.hostname: 1 is not text: write "1"'],
    [{ open: [] }, 'open: [] is not an object with fields'],
    [{ counts: 3 }, 'counts: is no field of this resource; did you mean count?'],
  ])('%j: %s', (fields, message) => {
    expect(problems(fields)).toEqual([message]);
  });

  test('names the fields that there are, when none is near', () => {
    expect(schemaProblems({ type: 'object', properties: { a: {}, b: {} } }, { zebra: 1 })).toEqual([
      { path: 'zebra', message: 'is no field of this resource; there are a, b' },
    ]);
  });

  test('of the value itself has no path', () => {
    expect(schemaProblems(schema, 3).map(formatSchemaProblem)).toEqual(['3 is not an object with fields']);
  });

  test('is required where a field is absent', () => {
    expect(schemaProblems(schema, {})).toEqual([{ path: 'size', message: 'is required' }]);
  });

  test('is not found in fields that every object inherits', () => {
    expect(problems({ constructor: 1 })).toEqual([expect.stringContaining('constructor: is no field')]);
  });

  test('is one of at most 50', () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x${i}`, i]));
    expect(problems(many)).toHaveLength(50);
  });
});

describe('the schema of the cluster', () => {
  const patterns = (at: Schema): string[] => [
    ...(at.pattern === undefined ? [] : [at.pattern]),
    ...Object.values(at.properties ?? {}).flatMap(patterns),
    ...(at.items === undefined ? [] : patterns(at.items)),
    ...(at.additionalProperties === undefined ? [] : patterns(at.additionalProperties)),
  ];

  test('has those patterns that there are words for, and every pattern can be tried here', () => {
    const all = patterns(shortLinkClusterSchema);
    expect(Object.keys(patternWords).filter((pattern) => !all.includes(pattern))).toEqual([]);
    for (const pattern of all) expect(() => new RegExp(pattern, 'u'), pattern).not.toThrow();
  });
});
