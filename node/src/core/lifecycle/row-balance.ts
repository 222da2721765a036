// SPDX-License-Identifier: Apache-2.0
import type { DroppedRows } from './types.ts';

/** What is counted of rows wherever they are: in a chunk, or in none. */
type Counted = DroppedRows;

/** Checksums are sums modulo 2^256 (core/chunk/row-sum.ts). */
const modulus = 2n ** 256n;

function sumOf(parts: readonly Counted[]): { readonly rows: number; readonly checksum: bigint } {
  let rows = 0;
  let checksum = 0n;
  for (const part of parts) {
    rows += part.rows;
    checksum += BigInt(`0x${part.checksum}`);
  }
  return { rows, checksum: checksum % modulus };
}

/** Whether nothing was lost and nothing came in: the rows of the inputs are those of the outputs and those that were dropped. */
export function isBalanced(inputs: readonly Counted[], outputs: readonly Counted[], dropped: Counted): boolean {
  const before = sumOf(inputs);
  const after = sumOf([...outputs, dropped]);
  return before.rows === after.rows && before.checksum === after.checksum;
}
