// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@shortlink/common/bytes.ts';
import type { ClusterId } from '@shortlink/common/ids.ts';
import type { Random } from '../../ports/random.ts';

/** A UUID of version 4. */
export function mintClusterId(random: Random): ClusterId {
  const hex = toHex(random.bytes(16));
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join('-');
}
