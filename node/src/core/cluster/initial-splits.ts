// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { emptyBytes } from '@shortlink/common/bytes.ts';

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/**
 * Start keys of `count` ranges that share generated codes evenly. Two characters of the code alphabet make 1,296 points,
 * so at most that many shards can be made at formation; splits come later.
 */
export function initialSplits(count: number): readonly Uint8Array[] {
  const points = alphabet.length * alphabet.length;
  assert(Number.isInteger(count) && count >= 1 && count <= points, `initial shards out of range: ${count}`);
  return Array.from({ length: count }, (_, i) => {
    if (i === 0) return emptyBytes;
    const point = Math.floor((i * points) / count);
    const first = alphabet.charCodeAt(Math.floor(point / alphabet.length));
    const second = alphabet.charCodeAt(point % alphabet.length);
    return Uint8Array.of(first, second);
  });
}
