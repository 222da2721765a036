// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { fromHex, fromUtf8, toHex, utf8 } from '@shortlink/common/bytes.ts';
import { mapVersion } from './cluster-map.ts';
import type { ClusterMap } from './cluster-map.ts';

/**
 * JSON with byte strings as {"hex": "…"}: for the meta group's commands and state, which are small, rare and worth
 * reading with the eye. Everything that is frequent has a binary codec of its own.
 */
export function encodeJson(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value, bytesAsHex));
}

/** Looks at what is there, not at what it would be as JSON: bytes from a store may be a subclass with a form of its own. */
function bytesAsHex(this: Readonly<Record<string, unknown>>, key: string, item: unknown): unknown {
  const value = this[key];
  return value instanceof Uint8Array ? { hex: toHex(value) } : item;
}

export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(fromUtf8(bytes), (_key, item: unknown) => {
    if (typeof item === 'object' && item !== null && 'hex' in item && typeof item.hex === 'string') {
      return fromHex(item.hex);
    }
    return item;
  });
}

/** @throws DecodeError for JSON of the meta group that another version of the program wrote. */
export function checkVersion(value: unknown, what: string): void {
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : 1;
  if (version !== mapVersion)
    throw new DecodeError(`${what} has version ${String(version)}; this program reads version ${mapVersion}`);
}

/** A map as it is cached and sent; null where there is none. @throws DecodeError for another version. */
export function decodeMap(bytes: Uint8Array): ClusterMap | undefined {
  const value = decodeJson(bytes);
  if (value === null) return undefined;
  checkVersion(value, 'the cluster map');
  return value as ClusterMap;
}
