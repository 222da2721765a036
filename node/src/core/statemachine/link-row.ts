// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import type { Revision } from '@shortlink/common/ids.ts';
import type { DeadReason, Link } from './commands.ts';
import type { NewLinkRow } from './new-link-rows.ts';
import { expectVersion } from './wire-fields.ts';

/** What stays of a deleted or expired link for ever, so that its code is never given away. */
export interface DeadLink {
  readonly reason: DeadReason;
  /** Shard time of the deletion or collection. */
  readonly timeMs: number;
  readonly revision: Revision;
}

/** The value of a link row; the code is in its key. */
export type LinkRow =
  | { readonly kind: 'live'; readonly link: Link }
  | { readonly kind: 'dead'; readonly dead: DeadLink };

const formatVersion = 1;

/** Bits of the byte after the version. */
const dead = 1;
const expired = 2;
const hasExpiry = 4;
const disabled = 8;
const allBits = dead | expired | hasExpiry | disabled;

export function encodeLiveLink(link: Link): Uint8Array {
  const flags = (link.expiresAtMs === undefined ? 0 : hasExpiry) | (link.disabled ? disabled : 0);
  const writer = new ByteWriter().uint8(formatVersion).uint8(flags);
  // Differences, because most links are never changed: one byte each instead of six and more.
  writer.varint(link.createRevision).varint(link.revision - link.createRevision);
  writer.varint(link.createdAtMs).varint(link.updatedAtMs - link.createdAtMs);
  if (link.expiresAtMs !== undefined) writer.varint(link.expiresAtMs);
  return writer.text(link.creatorId).text(link.url).finish();
}

/** As `encodeLiveLink` for a link that is created now. */
export function encodeNewLink({ expiresAtMs, tail }: NewLinkRow, revision: Revision, createdAtMs: number): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion).uint8(expiresAtMs === undefined ? 0 : hasExpiry);
  return writer.varint(revision).varint(0).varint(createdAtMs).varint(0).raw(tail).finish();
}

export function encodeDeadLink(row: DeadLink): Uint8Array {
  const flags = dead | (row.reason === 'expired' ? expired : 0);
  return new ByteWriter().uint8(formatVersion).uint8(flags).varint(row.revision).varint(row.timeMs).finish();
}

/** @throws DecodeError */
export function decodeLinkRow(code: string, value: Uint8Array): LinkRow {
  const reader = new ByteReader(value);
  expectVersion(reader, formatVersion, 'link row');
  const flags = reader.uint8();
  if ((flags & ~allBits) !== 0) throw new DecodeError(`link row with unknown flags ${flags}`);
  return (flags & dead) === 0 ? readLive(reader, code, flags) : readDead(reader, flags);
}

/** What a link row says of its life, without its texts. @throws DecodeError */
export function decodeLinkLife(value: Uint8Array): {
  readonly isDead: boolean;
  readonly revision: Revision;
  readonly expiresAtMs: number | undefined;
} {
  const reader = new ByteReader(value);
  expectVersion(reader, formatVersion, 'link row');
  const flags = reader.uint8();
  if ((flags & ~allBits) !== 0) throw new DecodeError(`link row with unknown flags ${flags}`);
  if ((flags & dead) !== 0) return { isDead: true, revision: reader.varint(), expiresAtMs: undefined };
  const { revision, expiresAtMs } = readLiveNumbers(reader, flags);
  return { isDead: false, revision, expiresAtMs };
}

function readLive(reader: ByteReader, code: string, flags: number): LinkRow {
  const { createRevision, revision, createdAtMs, updatedAtMs, expiresAtMs } = readLiveNumbers(reader, flags);
  const creatorId = reader.text();
  const url = reader.text();
  reader.end();
  const isDisabled = (flags & disabled) !== 0;
  return {
    kind: 'live',
    link: {
      code,
      url,
      creatorId,
      createdAtMs,
      updatedAtMs,
      expiresAtMs,
      disabled: isDisabled,
      createRevision,
      revision,
    },
  };
}

function readLiveNumbers(
  reader: ByteReader,
  flags: number,
): Pick<Link, 'createRevision' | 'revision' | 'createdAtMs' | 'updatedAtMs' | 'expiresAtMs'> {
  const createRevision = reader.varint();
  const revision = createRevision + reader.varint();
  const createdAtMs = reader.varint();
  const updatedAtMs = createdAtMs + reader.varint();
  const expiresAtMs = (flags & hasExpiry) === 0 ? undefined : reader.varint();
  return { createRevision, revision, createdAtMs, updatedAtMs, expiresAtMs };
}

function readDead(reader: ByteReader, flags: number): LinkRow {
  const revision = reader.varint();
  const timeMs = reader.varint();
  reader.end();
  return { kind: 'dead', dead: { reason: (flags & expired) === 0 ? 'deleted' : 'expired', timeMs, revision } };
}

/** Expired from the very millisecond `expiresAtMs` on. */
export function isExpired(link: Link, timeMs: number): boolean {
  return link.expiresAtMs !== undefined && link.expiresAtMs <= timeMs;
}
