// SPDX-License-Identifier: Apache-2.0
import { type Json, type JsonMap, isList, isMap } from '../objects/json.ts';
import { type Schema, schemaOfField } from './schema.ts';

/** Not a matter of the schema of a CRD, whatever it says of them. */
const everywhere = ['apiVersion', 'kind', 'metadata'];

function isOpen(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
}

/** The path of the first field that a structural schema does not declare, such as `.spec.size`. */
export function undeclaredField(object: JsonMap, schema: Schema): string | undefined {
  for (const [name, value] of Object.entries(object)) {
    if (everywhere.includes(name) || value === undefined) continue;
    const found = undeclaredIn(value, schemaOfField(schema, name), `.${name}`, isOpen(schema));
    if (found !== undefined) return found;
  }
  return undefined;
}

function undeclaredIn(value: Json, schema: Schema | undefined, path: string, isAllowed: boolean): string | undefined {
  if (schema === undefined) return isAllowed ? undefined : path;
  const members: readonly (readonly [string, Json | undefined, Schema | undefined])[] = isList(value)
    ? value.map((one, i) => [`[${i}]`, one, schema.items] as const)
    : Object.entries(isMap(value) ? value : {}).map(
        ([name, one]) => [`.${name}`, one, schemaOfField(schema, name)] as const,
      );
  for (const [step, one, inner] of members) {
    const found =
      one === undefined ? undefined : undeclaredIn(one, inner, path + step, isOpen(schema) || isList(value));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Without the fields that a structural schema does not declare: the API server forgets them without a word. */
export function pruned(object: JsonMap, schema: Schema): JsonMap {
  const kept = Object.fromEntries(Object.entries(object).filter(([name]) => everywhere.includes(name)));
  return { ...(prunedValue(object, schema) as JsonMap), ...kept };
}

function prunedValue(value: Json, schema: Schema | undefined): Json {
  if (schema === undefined) return value;
  if (isList(value)) return value.map((one) => prunedValue(one, schema.items));
  if (!isMap(value)) return value;
  const fields = Object.entries(value).flatMap(([name, one]) => {
    const inner = schemaOfField(schema, name);
    return one === undefined || (inner === undefined && !isOpen(schema))
      ? []
      : [[name, prunedValue(one, inner)] as const];
  });
  return Object.fromEntries(fields);
}
