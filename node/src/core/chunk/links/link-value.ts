// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { equalBytes } from '@shortlink/common/bytes.ts';

// Values of link rows of version 1 (docs/spec/row-format.md) in parts that compress well. Texts stay bytes: nothing here
// depends on what they say.

/** Bits of the flags of a link row. */
export const linkFlags = { dead: 1, expired: 2, hasExpiry: 4, disabled: 8 } as const;

export interface LiveLinkValue {
  readonly kind: 'live';
  readonly flags: number;
  readonly createRevision: number;
  readonly revision: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Undefined without the flag `hasExpiry`. */
  readonly expiresAtMs: number | undefined;
  readonly creator: Uint8Array;
  readonly url: Uint8Array;
}

export interface DeadLinkValue {
  readonly kind: 'dead';
  readonly flags: number;
  readonly revision: number;
  readonly timeMs: number;
}

export type LinkValue = LiveLinkValue | DeadLinkValue;

const rowVersion = 1;
const { dead, expired, hasExpiry, disabled } = linkFlags;

/** The parts of a link row's value; undefined unless they make up the very same bytes again. */
export function splitLinkValue(value: Uint8Array): LinkValue | undefined {
  try {
    const parts = readParts(new ByteReader(value));
    if (parts === undefined) return undefined;
    writeLinkValue(scratch.clear(), parts);
    return equalBytes(scratch.view(), value) ? parts : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

export function joinLinkValue(parts: LinkValue): Uint8Array {
  writeLinkValue(scratch.clear(), parts);
  return scratch.view().slice();
}

/** Where values are put together: an array for each would cost more than all the rest. */
const scratch = new ByteWriter();

function writeLinkValue(writer: ByteWriter, parts: LinkValue): void {
  writer.uint8(rowVersion).uint8(parts.flags);
  if (parts.kind === 'dead') {
    writer.varint(parts.revision).varint(parts.timeMs);
    return;
  }
  const { creator, url, createRevision, createdAtMs, expiresAtMs } = parts;
  writer.varint(createRevision).varint(parts.revision - createRevision);
  writer.varint(createdAtMs).varint(parts.updatedAtMs - createdAtMs);
  if (expiresAtMs !== undefined) writer.varint(expiresAtMs);
  writer.bytes(creator).bytes(url);
}

function readParts(reader: ByteReader): LinkValue | undefined {
  const version = reader.uint8();
  const flags = reader.uint8();
  const known = (flags & dead) === 0 ? hasExpiry | disabled : dead | expired;
  if (version !== rowVersion || (flags & ~known) !== 0) return undefined;
  const parts = (flags & dead) === 0 ? readLive(reader, flags) : readDead(reader, flags);
  reader.end();
  return parts;
}

function readLive(reader: ByteReader, flags: number): LiveLinkValue | undefined {
  const createRevision = reader.varint();
  const revision = createRevision + reader.varint();
  const createdAtMs = reader.varint();
  const updatedAtMs = createdAtMs + reader.varint();
  const expiresAtMs = (flags & hasExpiry) === 0 ? undefined : reader.varint();
  const creator = reader.bytes();
  const url = reader.bytes();
  if (!Number.isSafeInteger(revision) || !areTimes(createdAtMs, updatedAtMs, expiresAtMs ?? 0)) return undefined;
  return { kind: 'live', flags, createRevision, revision, createdAtMs, updatedAtMs, expiresAtMs, creator, url };
}

function readDead(reader: ByteReader, flags: number): DeadLinkValue | undefined {
  const revision = reader.varint();
  const timeMs = reader.varint();
  return areTimes(timeMs) ? { kind: 'dead', flags, revision, timeMs } : undefined;
}

/** Times from here on (the year 10889) are left alone, so that differences of times are exact. */
const timeLimitMs = 2 ** 48;

function areTimes(...times: readonly number[]): boolean {
  return times.every((time) => time < timeLimitMs);
}
