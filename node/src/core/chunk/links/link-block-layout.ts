// SPDX-License-Identifier: Apache-2.0
import { linkFlags } from './link-value.ts';

// What a link block says of each row: its kind, one byte of bits. The lowest four are the flags of the row itself.

export const linkKinds = {
  ...linkFlags,
  /** Changed after its creation: revision and time of the change are stored. */
  changed: 16,
  /** The key is no generated code of the block's length; it stands in the text. */
  namedKey: 32,
  /** The value is not in parts; it stands in the text. */
  opaqueValue: 64,
} as const;

/** The bits of a kind that are the flags of the row. */
export const linkFlagBits = 15;

/** A code begins behind the byte of the namespace. */
export const codeOffset = 1;

const { dead, expired, hasExpiry, disabled, changed, namedKey, opaqueValue } = linkKinds;

/** Whether a byte is a kind that a writer can write. */
export function isLinkKind(kind: number): boolean {
  const rest = kind & ~namedKey;
  if (rest === opaqueValue) return true;
  const allowed = (rest & dead) === 0 ? hasExpiry | disabled | changed : dead | expired;
  return (rest & ~allowed) === 0;
}

export function isLiveKind(kind: number): boolean {
  return (kind & (dead | opaqueValue)) === 0;
}

/** Columns in the order in which they are stored, each with the rows that have a value in it. */
export const linkColumns = {
  /** Place in the block's list of kinds. */
  kind: () => true,
  /** The first code is in the head; then the difference to the code before, minus one. */
  code: (kind: number) => (kind & namedKey) === 0,
  createRevision: isLiveKind,
  /** Zigzag difference to the timeline at the create revision. */
  createdAt: isLiveKind,
  /** Place in the table of creators, or 0 when the name stands in the text. */
  creator: isLiveKind,
  /** Revision − create revision. */
  changeRevision: (kind: number) => (kind & changed) !== 0,
  /** Zigzag difference to the timeline at the revision. */
  changedAt: (kind: number) => (kind & changed) !== 0,
  /** Zigzag difference to the creation. */
  expiresAt: (kind: number) => (kind & hasExpiry) !== 0,
  deadRevision: (kind: number) => (kind & dead) !== 0,
  /** Zigzag difference to the timeline at the revision. */
  deadAt: (kind: number) => (kind & dead) !== 0,
} as const;

export type LinkColumn = keyof typeof linkColumns;
export const linkColumnNames = Object.keys(linkColumns) as readonly LinkColumn[];
