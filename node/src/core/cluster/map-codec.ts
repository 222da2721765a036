// SPDX-License-Identifier: Apache-2.0
import { fromHex, fromUtf8, toHex, utf8 } from '@shortlink/common/bytes.ts';

/**
 * JSON with byte strings as {"hex": "…"}: for the meta group's commands and state, which are small, rare and worth
 * reading with the eye. Everything that is frequent has a binary codec of its own.
 */
export function encodeJson(value: unknown): Uint8Array {
  return utf8(
    JSON.stringify(value, (_key, item: unknown) => (item instanceof Uint8Array ? { hex: toHex(item) } : item)),
  );
}

export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(fromUtf8(bytes), (_key, item: unknown) => {
    if (typeof item === 'object' && item !== null && 'hex' in item && typeof item.hex === 'string') {
      return fromHex(item.hex);
    }
    return item;
  });
}
