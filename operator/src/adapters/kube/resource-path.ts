// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { ObjectKey, Resource } from '../../ports/kube-api.ts';

/** Where the server lists the kinds of the resource's group and version. */
export function groupPath({ apiVersion }: Resource): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** Of all objects of a resource, or of those of one namespace. */
export function collectionPath(resource: Resource, namespace: string | undefined): string {
  const { plural, namespaced } = resource;
  assert(namespaced || namespace === undefined, `${plural} have no namespace`);
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${groupPath(resource)}${scope}/${plural}`;
}

/** Of one object, or of a part of it. */
export function objectPath(resource: Resource, key: ObjectKey, subresource?: string): string {
  assert(key.name !== '', `an object of ${resource.plural} has no name`);
  assert(!resource.namespaced || key.namespace !== undefined, `${resource.plural} ${key.name} has no namespace`);
  const path = `${collectionPath(resource, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Parameters that are set, as a query with its question mark; '' when none is. */
export function queryOf(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}
