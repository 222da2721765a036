// SPDX-License-Identifier: Apache-2.0
import { isFields } from './fields.ts';

/** JSON with sorted keys and without what is undefined: equal values are equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (!isFields(value)) return JSON.stringify(value ?? null);
  const parts = Object.keys(value)
    .toSorted()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${parts.join(',')}}`;
}
