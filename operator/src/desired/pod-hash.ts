// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import type { PodInput } from './cluster-input.ts';

const offsetBasis = 0xcbf2_9ce4_8422_2325n;
const prime = 0x100_0000_01b3n;

/**
 * Names what pods are made of: FNV-1a of the input as JSON with its keys in order. Equal inputs give equal names whatever
 * the version of the operator, so that its upgrade restarts nothing.
 */
export function podHash(pod: PodInput): string {
  // Nothing is as good as absent.
  const input = Object.fromEntries(Object.entries(pod).filter(([, value]) => !isEmpty(value)));
  let hash = offsetBasis;
  for (const byte of utf8(canonicalJson(input))) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  return hash.toString(16).padStart(16, '0');
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
