// SPDX-License-Identifier: Apache-2.0
import { isMap, parseDocument, type YAMLMap } from 'yaml';
import type { Json } from './chart.ts';

/** `image.tag`: every value that values.yaml names, maps included. */
export function valuePaths(text: string): string[] {
  const { contents } = parseDocument(text);
  return isMap(contents) ? pathsOf(contents, '') : [];
}

function pathsOf(map: YAMLMap, prefix: string): string[] {
  return map.items.flatMap(({ key, value }) => {
    const path = `${prefix}${String(key)}`;
    return [path, ...(isMap(value) ? pathsOf(value, `${path}.`) : [])];
  });
}

/** Objects of the schema that have names for their values, by path, and whether they refuse others. */
export function schemaPaths(schema: Json): ReadonlyMap<string, { readonly isClosed: boolean }> {
  const definitions = (schema['definitions'] ?? {}) as Readonly<Record<string, Json>>;
  const found = new Map<string, { readonly isClosed: boolean }>();
  const walk = (own: Json, path: string): void => {
    const reference = own['$ref'];
    const resolved = typeof reference === 'string' ? (definitions[reference.split('/').at(-1) ?? ''] ?? {}) : own;
    const properties = resolved['properties'] as Readonly<Record<string, Json>> | undefined;
    found.set(path, { isClosed: properties === undefined || resolved['additionalProperties'] === false });
    for (const [name, one] of Object.entries(properties ?? {})) walk(one, path === '' ? name : `${path}.${name}`);
  };
  walk(schema, '');
  return found;
}
