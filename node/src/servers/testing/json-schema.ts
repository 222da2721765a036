// SPDX-License-Identifier: Apache-2.0

type Schema = Readonly<Record<string, unknown>>;

/**
 * Why a value does not follow a schema, empty when it does. Knows the keywords that the API's schemas use, and throws on
 * any other one, so that none is silently ignored.
 */
export function schemaProblems(schema: unknown, value: unknown, components: Schema, path = '$'): string[] {
  const problems: string[] = [];
  const { $ref: ref, ...rules } = asObject(schema);
  if (typeof ref === 'string') {
    problems.push(...schemaProblems(components[ref.replace('#/components/schemas/', '')], value, components, path));
  }
  for (const [keyword, rule] of Object.entries(rules)) {
    const check = checks[keyword];
    if (check === undefined) throw new Error(`unknown keyword ${keyword} at ${path}`);
    problems.push(...check({ rule, rules, value, components, path }));
  }
  return problems;
}

interface Check {
  readonly rule: unknown;
  readonly rules: Schema;
  readonly value: unknown;
  readonly components: Schema;
  readonly path: string;
}

const checks: Readonly<Record<string, (check: Check) => string[]>> = {
  description: () => [],
  default: () => [],
  type: ({ rule, value, path }) => {
    const types = Array.isArray(rule) ? rule : [rule];
    return types.includes(typeOf(value)) || (types.includes('number') && typeOf(value) === 'integer')
      ? []
      : [`${path} is no ${String(rule)}`];
  },
  const: ({ rule, value, path }) => (rule === value ? [] : [`${path} is not ${String(rule)}`]),
  enum: ({ rule, value, path }) => (asArray(rule).includes(value) ? [] : [`${path} is none of ${String(rule)}`]),
  minimum: ({ rule, value, path }) =>
    fail(typeof value === 'number' && value < Number(rule), `${path} is below ${String(rule)}`),
  maximum: ({ rule, value, path }) =>
    fail(typeof value === 'number' && value > Number(rule), `${path} is above ${String(rule)}`),
  minLength: ({ rule, value, path }) =>
    fail(typeof value === 'string' && value.length < Number(rule), `${path} is too short`),
  maxLength: ({ rule, value, path }) =>
    fail(typeof value === 'string' && value.length > Number(rule), `${path} is too long`),
  minItems: ({ rule, value, path }) =>
    fail(Array.isArray(value) && value.length < Number(rule), `${path} has too few items`),
  maxItems: ({ rule, value, path }) =>
    fail(Array.isArray(value) && value.length > Number(rule), `${path} has too many items`),
  minProperties: ({ rule, value, path }) =>
    fail(Object.keys(asObject(value)).length < Number(rule), `${path} has too few fields`),
  pattern: ({ rule, value, path }) =>
    fail(typeof value === 'string' && !new RegExp(String(rule)).test(value), `${path} does not match`),
  format: ({ rule, value, path }) =>
    fail(typeof value === 'string' && !isFormat(String(rule), value), `${path} is no ${String(rule)}`),
  items: ({ rule, value, components, path }) => {
    return asArray(value).flatMap((item, i) => schemaProblems(rule, item, components, `${path}[${i}]`));
  },
  required: ({ rule, value, path }) => {
    return asArray(rule).flatMap((name) =>
      String(name) in asObject(value) ? [] : [`${path}.${String(name)} is missing`],
    );
  },
  properties: ({ rule, value, components, path }) => {
    const fields = asObject(value);
    return Object.entries(asObject(rule)).flatMap(([name, schema]) => {
      return name in fields ? schemaProblems(schema, fields[name], components, `${path}.${name}`) : [];
    });
  },
  additionalProperties: ({ rules, value, path }) => {
    const known = Object.keys(asObject(rules['properties']));
    return Object.keys(asObject(value)).flatMap((name) => (known.includes(name) ? [] : [`${path}.${name} is unknown`]));
  },
  oneOf: ({ rule, value, components, path }) => {
    const matching = asArray(rule).filter((schema) => schemaProblems(schema, value, components, path).length === 0);
    return matching.length === 1 ? [] : [`${path} follows ${matching.length} schemas of oneOf`];
  },
};

function isFormat(format: string, text: string): boolean {
  if (format === 'date-time') return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(text);
  if (format === 'uri') return URL.canParse(text);
  throw new Error(`unknown format ${format}`);
}

function fail(failed: boolean, problem: string): string[] {
  return failed ? [problem] : [];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

export function asObject(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
