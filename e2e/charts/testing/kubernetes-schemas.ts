// SPDX-License-Identifier: Apache-2.0
import type { Json } from './chart.ts';

interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

type Definitions = Readonly<Record<string, Json>>;

const prefix = '#/definitions/';
const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/** Name of a kind's schema, as kubeconform looks for it: `clusterrole-rbac-v1.json`. */
export function schemaFile(apiVersion: string, kind: string): string {
  const [group = '', version] = apiVersion.split('/');
  const suffix = version === undefined ? group : `${group.split('.')[0] ?? ''}-${version}`;
  return `${kind.toLowerCase()}-${suffix}.json`;
}

/**
 * The JSON schema of a kind, out of the OpenAPI document of the API server, strict: fields that it does not know are errors.
 * Undefined when the document has no such kind.
 */
export function kubernetesSchema(definitions: Definitions, apiVersion: string, kind: string): Json | undefined {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const isKind = (one: Gvk): boolean => one.group === group && one.version === version && one.kind === kind;
  const found = Object.entries(definitions).find(([, definition]) =>
    ((definition['x-kubernetes-group-version-kind'] ?? []) as readonly Gvk[]).some(isKind),
  );
  if (found === undefined) return undefined;
  const used = reachable(definitions, found[0]);
  const entries = [...used].map((name): [string, unknown] => [name, strict(definitions[name] ?? {}, name)]);
  return { $ref: `${prefix}${found[0]}`, definitions: Object.fromEntries(entries) };
}

function reachable(definitions: Definitions, from: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const [, next = ''] of JSON.stringify(definitions[name]).matchAll(/"#\/definitions\/([^"]+)"/g))
      open.push(next);
  }
  return seen;
}

function strict(schema: Json, name = ''): Json {
  if (name === quantity) return { type: ['string', 'number'] };
  if (schema['format'] === 'int-or-string') return { type: ['string', 'integer'] };
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(isJson(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([field, own]) => [field, strict(isJson(own) ? own : {})]),
          ),
          additionalProperties: false,
        }
      : {}),
    ...(isJson(items) ? { items: strict(items) } : {}),
    ...(isJson(additionalProperties) ? { additionalProperties: strict(additionalProperties) } : {}),
  };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
