// SPDX-License-Identifier: Apache-2.0
import { type Json, type JsonMap, isList, isMap } from '../objects/json.ts';

/** The part of an OpenAPI schema that decides how objects are merged and filled in; one of a CRD fits as it is. */
export interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly default?: unknown;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

export const atomicMap: Schema = { 'x-kubernetes-map-type': 'atomic' };
export const setList: Schema = { 'x-kubernetes-list-type': 'set' };

export function mapList(keys: readonly string[], properties: Readonly<Record<string, Schema>> = {}): Schema {
  return {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
    items: { properties },
  };
}

export function fields(properties: Readonly<Record<string, Schema>>): Schema {
  return { properties };
}

export function schemaOfField(schema: Schema | undefined, field: string): Schema | undefined {
  const named = schema?.properties?.[field];
  if (named !== undefined) return named;
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Whether the members of a value have owners of their own, or the value is one piece. */
export function membersOf(value: Json | undefined, schema: Schema | undefined): 'fields' | 'keyed' | 'set' | undefined {
  if (isMap(value)) return schema?.['x-kubernetes-map-type'] === 'atomic' ? undefined : 'fields';
  if (!isList(value)) return undefined;
  if (schema?.['x-kubernetes-list-type'] === 'map') return 'keyed';
  return schema?.['x-kubernetes-list-type'] === 'set' ? 'set' : undefined;
}

/** The identity of an item of a list that is a map by keys; undefined when a key is missing and has no default. */
export function itemKey(item: Json, schema: Schema | undefined): JsonMap | undefined {
  const key: Record<string, Json> = {};
  for (const name of schema?.['x-kubernetes-list-map-keys'] ?? []) {
    const fallback = schema?.items?.properties?.[name]?.default;
    const value = (isMap(item) ? item[name] : undefined) ?? fallback;
    if (value === undefined) return undefined;
    key[name] = value as Json;
  }
  return key;
}

/** Missing fields get the defaults of the schema, inside maps and lists that are there. */
export function withDefaults<T extends Json | undefined>(value: T, schema: Schema | undefined): T;
export function withDefaults(value: Json | undefined, schema: Schema | undefined): Json | undefined {
  if (isList(value)) return value.map((one) => withDefaults(one, schema?.items));
  if (!isMap(value) || schema === undefined) return value;
  const out: Record<string, Json | undefined> = { ...value };
  for (const [name, inner] of Object.entries(schema.properties ?? {})) out[name] ??= inner.default as Json | undefined;
  for (const [name, one] of Object.entries(out)) out[name] = withDefaults(one, schemaOfField(schema, name));
  return out;
}
