// SPDX-License-Identifier: Apache-2.0
import { isFields, type Schema } from './schema.ts';

/**
 * A value with the defaults of its schema filled in, as the API server does it: fields that are absent or null get theirs,
 * and a default is filled in further where it has fields with defaults itself. What does not fit the schema is left alone.
 */
export function withDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => withDefaults(items, item));
  }
  if (!isFields(value)) return value;
  const filled: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const own = fieldSchema(schema, name);
    if (field === undefined || (field === null && own?.default !== undefined)) continue;
    filled[name] = own === undefined ? field : withDefaults(own, field);
  }
  for (const [name, own] of Object.entries(schema.properties ?? {})) {
    if (own.default !== undefined && !Object.hasOwn(filled, name)) filled[name] = withDefaults(own, own.default);
  }
  return filled;
}

/** Undefined when the schema knows no such field. */
export function fieldSchema(schema: Schema, name: string): Schema | undefined {
  const { properties, additionalProperties } = schema;
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
}
