// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../src/ports/kube-api.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonMap;
export interface JsonMap {
  readonly [field: string]: Json | undefined;
}

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** Any plain object as fields by name. */
export function fieldsOf(object: object): JsonMap {
  return object as JsonMap;
}

export function objectOf(fields: JsonMap): KubeObject {
  const object: object = fields;
  return object as KubeObject;
}

/** The map in a field, empty when there is none. */
export function mapIn(fields: JsonMap | undefined, field: string): JsonMap {
  const value = fields?.[field];
  return isMap(value) ? value : {};
}

/** The text in a field, empty when there is none. */
export function textIn(fields: JsonMap, field: string): string {
  const value = fields[field];
  return typeof value === 'string' ? value : '';
}

/** What `plainCopy` made: it cannot change any more, so that copies share it. */
const plain = new WeakSet();

/** A deep, frozen copy as it would come out of JSON; fields that are null are not there, as in the API server's types. */
export function plainCopy<T extends Json | object>(value: T): T;
export function plainCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || plain.has(value)) return value;
  const copy: object = Array.isArray(value)
    ? value.map((one: unknown) => (one === undefined ? null : plainCopy(one as object)))
    : Object.fromEntries(
        Object.entries(value).flatMap(([name, one]: [string, unknown]) =>
          one === undefined || one === null ? [] : [[name, plainCopy(one)] as const],
        ),
      );
  plain.add(copy);
  return Object.freeze(copy);
}

/** Equal as JSON: the order of fields does not matter, and undefined ones are not there. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isList(a) && isList(b)) return a.length === b.length && a.every((one, i) => isEqual(one, b[i]));
  if (!isMap(a) || !isMap(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => isEqual(a[name], b[name]));
}

/** JSON with fields in the order of their names: equal values have equal texts. */
export function canonicalText(value: Json): string {
  return JSON.stringify(value, (_field, one: unknown) =>
    isMap(one) ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1))) : one,
  );
}

/** Without some of the fields, and those that are undefined. */
export function without(fields: JsonMap, names: readonly string[]): JsonMap {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== undefined && !names.includes(name)),
  );
}
