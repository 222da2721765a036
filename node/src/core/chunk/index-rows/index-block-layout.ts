// SPDX-License-Identifier: Apache-2.0

/** What a block of index rows says of each row: bits of its kind. */
export const indexKinds = {
  tombstone: 1,
  /** The code has not the usual digits; it stands in the text. */
  namedCode: 2,
  /** Key and value stand in the text; alone, and outside of every run. */
  opaque: 4,
} as const;
