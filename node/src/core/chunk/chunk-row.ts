// SPDX-License-Identifier: Apache-2.0
import type { Revision } from '@shortlink/common/ids.ts';

/**
 * A row as it lies in a chunk. `key` is one byte of `namespaces` and the suffix (see `keySuffix`): the same on every
 * replica and in every generation. `value` is the value as it is in the store.
 */
export interface ChunkRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** What the format wants to know of a row whose bytes it does not look into. */
export interface RowFacts {
  /** Undefined where rows carry none. */
  readonly revision: Revision | undefined;
  /** Undefined: the row lives until it is replaced. */
  readonly expiresAtMs: number | undefined;
  readonly tombstone: boolean;
}

/** @throws DecodeError when the value cannot be read. */
export type DescribeRow = (key: Uint8Array, value: Uint8Array) => RowFacts;
