// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';

// What the JSON Schemas of the API are put together from.

export const timestamp = { type: 'string', format: 'date-time' } as const;
export const id = { type: 'integer', minimum: 0 } as const;
export const text = { type: 'string' } as const;
export const url = { type: 'string', format: 'uri', maxLength: limits.urlMaxBytes } as const;
export const code = { type: 'string', minLength: 1, maxLength: limits.codeMaxBytes } as const;
export const creatorId = { type: 'string', minLength: 1, maxLength: limits.creatorIdMaxBytes } as const;
export const nodeId = { type: 'string', pattern: '^[0-9a-f]{16}$' } as const;

export function object<P extends Readonly<Record<string, unknown>>>(
  properties: P,
  required: readonly (keyof P & string)[],
) {
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

/** An object that always has all of its fields. */
export function whole<P extends Readonly<Record<string, unknown>>>(properties: P) {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false } as const;
}

export function ref(name: string) {
  return { $ref: `#/components/schemas/${name}` } as const;
}

export function list(items: unknown, maxItems?: number) {
  return { type: 'array', items, ...(maxItems === undefined ? {} : { maxItems }) } as const;
}
