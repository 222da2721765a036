// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NumberSpec, OptionSpec } from '@shortlink/common/option-values.ts';
import { options } from '../../node/src/config/options.ts';
import { durationMs } from '../../operator/src/crd/duration.ts';
import { nodeOptions } from '../../operator/src/crd/node-options.ts';
import { quantityBytes } from '../../operator/src/crd/quantity.ts';
import type { DescribedSchema } from '../../operator/src/crd/schema.ts';
import { readCrd } from './crd-source.ts';

const crd = readCrd(dirname(dirname(import.meta.dirname)));
const specs: Readonly<Record<string, OptionSpec>> = options;

/** Options that follow from what a pod is and where, from files that are mounted, and from nothing that users should turn. */
const ownOptions = [
  /^node\./,
  /^data\.dir$/,
  /^cluster\./,
  /\.(?:address|advertise)$/,
  /^tls\./,
  /^auth\./,
  /^objectStore\.credentialsFile$/,
  /^raft\.(?:tickMs|electionTicks|heartbeatTicks)$/,
  /^stateHash\./,
];

function schemaAt(path: string): DescribedSchema {
  let at: DescribedSchema | undefined = crd;
  for (const name of path.split('.')) at = at?.properties?.[name];
  if (at === undefined) throw new Error(`${path} is no field`);
  return at;
}

/** What a field says in the option's terms: bytes or milliseconds of a text. */
function inTerms(spec: OptionSpec, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (spec.kind === 'bytes') return quantityBytes(value);
  return spec.kind === 'durationMs' ? durationMs(value) : value;
}

/** Bounds are in rules, where a value is a text. */
function boundsOf(schema: DescribedSchema, spec: NumberSpec): { min: unknown; max: unknown } {
  if (schema.type === 'integer') return { min: schema.minimum, max: schema.maximum };
  const rule = (schema['x-kubernetes-validations'] ?? []).map((one) => one.rule).join(' ');
  const bound = (sign: string): unknown => {
    const literal = new RegExp(`${sign} duration\\('(\\w+)'\\)|quantity\\('(\\w+)'\\)\\) ${sign} 0`).exec(rule);
    return literal === null ? 0 : inTerms(spec, literal[1] ?? literal[2]);
  };
  return { min: bound('>='), max: bound('<=') };
}

const mapped = Object.entries(nodeOptions).map(([path, name]) => ({ path, name }));

describe('the options of a node', () => {
  test('have a field each, or a reason to have none', () => {
    const fields = new Set<string>(Object.values(nodeOptions));
    const without = Object.keys(options).filter(
      (name) => !fields.has(name) && !ownOptions.some((pattern) => pattern.test(name)),
    );
    expect(without).toEqual([]);
    expect(fields.size).toBe(mapped.length);
  });

  test.each(mapped.filter(({ name }) => name !== 'objectStore.pathStyle'))('$path is $name', ({ path, name }) => {
    const [schema, spec] = [schemaAt(path), specs[name]];
    if (spec === undefined) throw new Error(`${name} is no option`);
    // What is absent by default is an empty text for a node.
    const fallback = inTerms(spec, schema.default) ?? (spec.default === '' ? '' : undefined);
    expect(fallback).toEqual(spec.default);
    switch (spec.kind) {
      case 'int':
      case 'durationMs':
      case 'bytes':
        expect(boundsOf(schema, spec)).toEqual({ min: spec.min, max: spec.max });
        break;
      case 'enum':
        expect(schema.enum).toEqual(spec.values);
        break;
      case 'list':
        expect(schema.maxItems).toBe(spec.maxItems);
        break;
      case 'bool':
      case 'string':
        break;
    }
  });
});

/** What holds for an option's text, or for each item of its list. */
function checkOf(spec: OptionSpec | undefined): (text: string) => string | undefined {
  return (
    (spec?.kind === 'string' || spec?.kind === 'list' ? spec.check : undefined) ?? (() => 'of an option with no check')
  );
}

describe('a text that the API server admits', () => {
  test.each(['spec.objectStore.url', 'spec.objectStore.region', 'spec.links.ownHosts', 'spec.links.schemes'] as const)(
    'as %s, a node admits',
    (path) => {
      const schema = schemaAt(path);
      const { pattern = '', maxLength } = schema.items ?? schema;
      const check = checkOf(specs[nodeOptions[path]]);
      const texts = fc
        .stringMatching(new RegExp(pattern), { size: 'medium' })
        .filter((text) => text.length <= (maxLength ?? 0));
      fc.assert(
        fc.property(texts, (text) => {
          expect(check(text), text).toBeUndefined();
        }),
      );
    },
  );

  test.each(['https://s3.example.com', 'http://10.0.0.1:7070/', 'http://minio', 'http://[fd00::1]:9000'])(
    'as an endpoint, such as %s, a node admits',
    (text) => {
      const { pattern = '' } = schemaAt('spec.objectStore.endpoint');
      expect(text).toMatch(new RegExp(pattern));
      expect(checkOf(specs['objectStore.endpoint'])(text)).toBeUndefined();
    },
  );
});
