// SPDX-License-Identifier: Apache-2.0
import { Environment } from '@marcbachmann/cel-js';
import { withDefaults } from '../defaults.ts';
import { quantityBytes } from '../quantity.ts';
import { isFields, type DescribedSchema, type Fields, type Rule } from '../schema.ts';
import { formatSchemaProblem, schemaProblems } from '../validate.ts';
import type { Judge } from './rule-cases.ts';

/** A quantity in thousandths: `500m` of a processor is less than 1. */
class Quantity {
  readonly thousandths: number;

  constructor(text: string) {
    const plain = /^([0-9]+(?:\.[0-9]+)?)(m?)$/.exec(text);
    const bytes = plain === null ? quantityBytes(text) : Number(plain[1]);
    if (bytes === undefined) throw new Error(`${text} is no quantity`);
    this.thousandths = plain?.[2] === 'm' ? bytes : bytes * 1000;
  }
}

/** CEL with those functions of Kubernetes' libraries that our rules call. */
function celEnvironment(): Environment {
  return new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
    .registerType('Quantity', Quantity)
    .registerFunction('quantity(string): Quantity', (text: string) => new Quantity(text))
    .registerFunction('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) =>
      BigInt(Math.sign(a.thousandths - b.thousandths)),
    );
}

const environment = celEnvironment();

/** Judges as the API server does: defaults, then the structural schema, then the rules, each where its value is. */
export function celJudge(schema: DescribedSchema): Judge {
  return (before, after) => {
    const value = withDefaults(schema, after);
    const old = before === undefined ? undefined : withDefaults(schema, before);
    const problems = schemaProblems(schema, value).map(formatSchemaProblem);
    return Promise.resolve(problems.length > 0 ? problems : brokenRules(schema, value, old));
  };
}

function brokenRules(schema: DescribedSchema, value: unknown, old: unknown): string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).filter((rule) => !holds(rule, schema, value, old));
  const messages = own.map(({ message }) => message);
  if (!isFields(value)) return messages;
  const before: Fields = isFields(old) ? old : {};
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => value[name] !== undefined);
  return [...messages, ...fields.flatMap(([name, field]) => brokenRules(field, value[name], before[name]))];
}

function holds({ rule }: Rule, schema: DescribedSchema, value: unknown, old: unknown): boolean {
  const isTransition = rule.includes('oldSelf');
  if (isTransition && old === undefined) return true;
  const result: unknown = environment.evaluate(rule, { self: toCel(schema, value), oldSelf: toCel(schema, old) });
  return result === true;
}

/** Whole numbers are CEL's int, which the library takes as BigInt. */
function toCel(schema: DescribedSchema, value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map((item) => toCel(schema.items ?? {}, item));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toCel({}, field)]));
}
