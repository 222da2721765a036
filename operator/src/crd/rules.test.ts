// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCrd } from '../../../tools/gen/crd-source.ts';
import { withDefaults } from './defaults.ts';
import { readCluster } from './read-cluster.ts';
import { isFields, type DescribedSchema } from './schema.ts';
import { celJudge } from './testing/cel-judge.ts';
import { caseProblem, readFixture, readRuleCases } from './testing/rule-cases.ts';

const root = dirname(dirname(dirname(import.meta.dirname)));
const crd = readCrd(root);
const cases = readRuleCases(root);
const judge = celJudge(crd);

interface At {
  readonly path: string;
  readonly schema: DescribedSchema;
}

/** Every schema within a schema, with its path; items are `[]`, values of maps `{}`. */
function everySchema({ path, schema }: At): At[] {
  const below: At[] = Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    path: path === '' ? name : `${path}.${name}`,
    schema: field,
  }));
  if (schema.items !== undefined) below.push({ path: `${path}[]`, schema: schema.items });
  if (schema.additionalProperties !== undefined) below.push({ path: `${path}{}`, schema: schema.additionalProperties });
  return [{ path, schema }, ...below.flatMap(everySchema)];
}

const schemas = everySchema({ path: '', schema: crd });
/** Fields that are there only so that a rule can refuse them. */
const refused = schemas
  .filter(({ schema }) => schema.description?.startsWith('Not here') === true)
  .map(({ path }) => path);
const rules = schemas.flatMap(({ path, schema }) =>
  (schema['x-kubernetes-validations'] ?? []).map(({ message }) => `${path}: ${message}`),
);

describe('the rules of the CustomResourceDefinition', () => {
  test('have each an accepted and a rejected object, and no object is of a rule that is not there', () => {
    const withCase = (isAccepted: boolean): string[] =>
      [
        ...new Set(
          cases.filter((one) => one.isAccepted === isAccepted).map(({ rule, message }) => `${rule}: ${message}`),
        ),
      ].toSorted();
    expect(withCase(true)).toEqual(rules.toSorted());
    expect(withCase(false)).toEqual(rules.toSorted());
  });

  test.each(cases)('$isAccepted $name', async (one) => {
    expect(await caseProblem(one, judge)).toBeUndefined();
  });

  test('that compare with the object before are tried on changes only', () => {
    const transitions = new Set(
      schemas.flatMap(({ path, schema }) =>
        (schema['x-kubernetes-validations'] ?? [])
          .filter(({ rule }) => rule.includes('oldSelf'))
          .map(({ message }) => `${path}: ${message}`),
      ),
    );
    const mixed = cases.filter(
      ({ rule, message, before }) => transitions.has(`${rule}: ${message}`) !== (before !== undefined),
    );
    expect(mixed).toEqual([]);
  });
});

describe('the schema', () => {
  test('describes every field, item and value of a map', () => {
    expect(schemas.filter(({ schema }) => (schema.description ?? '') === '').map(({ path }) => path)).toEqual([]);
  });

  test('bounds every list, map and text of the specification and the status', () => {
    const unbounded = schemas
      .filter(({ path }) => /^(?:spec|status)\b/.test(path))
      .filter(({ schema }) => {
        if (schema.type === 'array') return schema.maxItems === undefined;
        if (schema.additionalProperties !== undefined) return schema.maxProperties === undefined;
        return schema.type === 'string' && schema.enum === undefined && schema.format === undefined
          ? schema.maxLength === undefined
          : false;
      });
    expect(unbounded.map(({ path }) => path)).toEqual([]);
  });

  test('says how lists are merged, unless nobody may give them', () => {
    const silent = schemas.filter(
      ({ schema }) => schema.type === 'array' && schema['x-kubernetes-list-type'] === undefined,
    );
    expect(silent.map(({ path }) => path).filter((path) => !refused.includes(path))).toEqual([]);
  });

  // The API server judges a default before it fills in what is below it, so rules that read fields need them there.
  test('has no default of an object that differs from the defaults in it', () => {
    for (const { path, schema } of schemas) {
      if (!isFields(schema.default) || path === 'spec.resources') continue;
      expect(withDefaults(schema, schema.default), path).toEqual(withDefaults(schema, {}));
    }
  });
});

describe('the fixtures', () => {
  test('have a least object, which is valid', async () => {
    expect(await judge(undefined, readFixture(root, 'minimal.yaml'))).toEqual([]);
    expect(readCluster(readFixture(root, 'minimal.yaml'))).toHaveProperty('cluster');
  });

  test('have an object with every field of the specification, which is valid', async () => {
    const full = readFixture(root, 'full.yaml');
    expect(await judge(undefined, full)).toEqual([]);
    const absent = schemas.filter(
      ({ path }) => path.startsWith('spec.') && !refused.some((one) => path.startsWith(one)) && !isSet(full, path),
    );
    // Their rules let a cluster have one kind of certificates only.
    const exclusive = /^spec\.tls\.secretRef/;
    expect(absent.map(({ path }) => path).filter((path) => !exclusive.test(path))).toEqual([]);
  });
});

/** Whether an object has a value at the path of a schema. */
function isSet(value: unknown, path: string): boolean {
  if (path === '') return value !== undefined;
  const [, name = '', rest = ''] = /^\.?(\[\]|\{\}|[^.[{]+)(.*)$/.exec(path) ?? [];
  if (name === '[]') return Array.isArray(value) && value.some((item) => isSet(item, rest));
  if (name === '{}') return isFields(value) && Object.values(value).some((item) => isSet(item, rest));
  return isFields(value) && isSet(value[name], rest);
}
