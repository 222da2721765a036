// SPDX-License-Identifier: Apache-2.0
import type { ChunkRow } from '../chunk-row.ts';

/** First byte of a stored block: how the rest is laid out. The numbers are the format; never use one again. */
export const blockEncodings = { rows: 1, links: 2, indexRows: 3 } as const;

/**
 * A block that was read, and whose checksum was right. Everything may throw DecodeError: what is not needed is not
 * decoded beforehand.
 */
export interface Block {
  readonly rowCount: number;
  /** About what it holds in memory once it is decoded, for caches. */
  readonly memoryBytes: number;
  get(key: Uint8Array): Uint8Array | undefined;
  /** All rows in the order of keys. */
  rows(): ChunkRow[];
}
