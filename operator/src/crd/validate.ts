// SPDX-License-Identifier: Apache-2.0
import { nearest } from '@shortlink/common/options.ts';
import { fieldSchema } from './defaults.ts';
import { isFields, type Fields, type Schema } from './schema.ts';

export interface SchemaProblem {
  /** As in `spec.tolerations[0].key`; empty for the object itself. */
  readonly path: string;
  /** Words that follow the path. */
  readonly message: string;
}

/** Problems of one object; a list that is longer helps nobody. */
const maxProblems = 50;

/** What the patterns that stand in many places ask for. */
export const patternWords: Readonly<Record<string, string>> = {
  '^([0-9]+(ms|s|m|h))+$': 'a time with its unit, such as 500ms, 30s, 5m, 2h or 1h30m',
  '^[0-9]+(Ki|Mi|Gi|Ti)?$': 'a size, such as 512Ki, 64Mi or 1Gi',
  '^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$': 'a size, such as 10Gi, 1.5Ti or 500G',
  '^[0-9]+(\\.[0-9]+)?(m|Ki|Mi|Gi|Ti|k|M|G|T)?$': 'an amount, such as 500m, 2 or 1Gi',
};

/**
 * All that is wrong with a value whose defaults are filled in, as far as the structural schema can tell. CEL rules need the
 * API server: `kubectl apply --dry-run=server`.
 */
export function schemaProblems(schema: Schema, value: unknown): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  visit(schema, value, '', problems);
  return problems.slice(0, maxProblems);
}

export function formatSchemaProblem({ path, message }: SchemaProblem): string {
  return path === '' ? message : `${path}: ${message}`;
}

function visit(schema: Schema, value: unknown, path: string, problems: SchemaProblem[]): void {
  const wrong = typeProblem(schema, value);
  if (wrong !== undefined) {
    problems.push({ path, message: wrong });
    return;
  }
  for (const message of scalarProblems(schema, value)) problems.push({ path, message });
  if (Array.isArray(value)) visitItems(schema, value, path, problems);
  else if (isFields(value)) visitFields(schema, value, path, problems);
}

function typeProblem(schema: Schema, value: unknown): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) {
    return Number.isInteger(value) || typeof value === 'string'
      ? undefined
      : `${show(value)} is neither a whole number nor text`;
  }
  switch (schema.type) {
    case 'object':
      return isFields(value) ? undefined : `${show(value)} is not an object with fields`;
    case 'array':
      return Array.isArray(value) ? undefined : `${show(value)} is not a list`;
    case 'string':
      return typeof value === 'string' ? undefined : `${show(value)} is not text${quoteHint(value)}`;
    case 'integer':
      return Number.isSafeInteger(value) ? undefined : `${show(value)} is not a whole number`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${show(value)} is neither true nor false`;
    default:
      return undefined;
  }
}

function quoteHint(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? `: write "${String(value)}"` : '';
}

function scalarProblems(schema: Schema, value: unknown): string[] {
  if (schema.enum !== undefined && !schema.enum.some((one) => one === value)) {
    const near = typeof value === 'string' ? nearest(value, schema.enum.map(String)) : undefined;
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    return [`${show(value)} is not one of ${schema.enum.join(', ')}${hint}`];
  }
  if (typeof value === 'string') return textProblems(schema, value);
  if (typeof value !== 'number') return [];
  const { minimum = -Infinity, maximum = Infinity } = schema;
  if (value < minimum) return [`${value} is below ${minimum}`];
  return value > maximum ? [`${value} is above ${maximum}`] : [];
}

function textProblems({ minLength = 0, maxLength = Infinity, pattern, format }: Schema, text: string): string[] {
  // Characters, as the API server counts them.
  const { length } = Array.from(text);
  if (length < minLength) return ['is empty'];
  if (length > maxLength) return [`has ${length} characters, at most ${maxLength} are allowed`];
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) {
    return [`${show(text)} is not ${patternWords[pattern] ?? `of the form ${pattern}`}`];
  }
  if (format === 'date-time' && Number.isNaN(Date.parse(text))) return [`${show(text)} is not a time of RFC 3339`];
  return [];
}

function visitItems(schema: Schema, items: readonly unknown[], path: string, problems: SchemaProblem[]): void {
  const { minItems = 0, maxItems = Infinity } = schema;
  if (items.length < minItems) problems.push({ path, message: `needs at least ${minItems} item` });
  if (items.length > maxItems) {
    problems.push({ path, message: `has ${items.length} items, at most ${maxItems} are allowed` });
    return;
  }
  const seen = new Set<string>();
  items.forEach((item, i) => {
    const at = `${path}[${i}]`;
    if (schema.items !== undefined) visit(schema.items, item, at, problems);
    const identity = identityOf(schema, item);
    if (identity === undefined) return;
    if (seen.has(identity)) problems.push({ path: at, message: `${identity} is listed twice` });
    seen.add(identity);
  });
}

/** What must differ between the items of a list; undefined when nothing must. */
function identityOf(schema: Schema, item: unknown): string | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] === 'set') return show(item);
  if (keys === undefined || !isFields(item)) return undefined;
  return keys.map((key) => `${key} ${show(item[key])}`).join(', ');
}

function visitFields(schema: Schema, fields: Fields, path: string, problems: SchemaProblem[]): void {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const names = Object.keys(fields);
  const { maxProperties = Infinity } = schema;
  if (names.length > maxProperties) {
    problems.push({ path, message: `has ${names.length} fields, at most ${maxProperties} are allowed` });
    return;
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(fields, name)) problems.push({ path: at(name), message: 'is required' });
  }
  for (const name of names) {
    const own = fieldSchema(schema, name);
    if (own !== undefined) visit(own, fields[name], at(name), problems);
    else if (schema['x-kubernetes-preserve-unknown-fields'] !== true) {
      problems.push({ path: at(name), message: unknownField(schema, name) });
    }
  }
}

function unknownField(schema: Schema, name: string): string {
  const known = Object.keys(schema.properties ?? {});
  const near = nearest(name, known);
  return `is no field of this resource; ${near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
