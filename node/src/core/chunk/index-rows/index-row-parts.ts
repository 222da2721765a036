// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '@shortlink/common/bytes.ts';
import { getUint64, namespaces, setUint64 } from '../../statemachine/keys.ts';
import type { ChunkRow } from '../chunk-row.ts';

// Rows of the indexes by creator and by expiry, version 1 (docs/spec/row-format.md), in parts. Both have a number of eight
// bytes in their keys: behind the creator, or before the code.

export interface IndexRowParts {
  /** Length and name of the creator; empty in the index by expiry. */
  readonly head: Uint8Array;
  /** Create revision, or time of expiry. */
  readonly number: number;
  /** Empty in a tombstone of the index by creator. */
  readonly code: Uint8Array;
  readonly isTombstone: boolean;
}

const rowVersion = 1;
const live = 0;
const tombstone = 1;
const numberBytes = 8;
const valueHeadBytes = 3;
/** The length of a longer one is no single byte. */
export const indexCodeMaxBytes = 0x7f;

export function isIndexNamespace(namespace: number): boolean {
  return namespace === namespaces.linkByCreator || namespace === namespaces.linkByExpiry;
}

/** Undefined unless the parts make up the very same row again. */
export function splitIndexRow({ key, value }: ChunkRow): IndexRowParts | undefined {
  const headEnd = key[0] === namespaces.linkByCreator ? 2 + (key[1] ?? 0) : 1;
  const codeStart = headEnd + numberBytes;
  const isTombstone = value[1] === tombstone;
  if (key.length < codeStart || !isIndexValue(value)) return undefined;
  const keyCode = key.subarray(codeStart);
  const number = getUint64(key, headEnd);
  const parts = { head: key.subarray(1, headEnd), number, code: value.subarray(valueHeadBytes), isTombstone };
  if (!Number.isSafeInteger(number)) return undefined;
  if (key[0] === namespaces.linkByCreator) return keyCode.length === 0 ? parts : undefined;
  if (keyCode.length > indexCodeMaxBytes || !(isTombstone || equalBytes(keyCode, parts.code))) return undefined;
  return { ...parts, code: keyCode };
}

function isIndexValue(value: Uint8Array): boolean {
  if (value[0] !== rowVersion) return false;
  if (value[1] === tombstone) return value.length === 2;
  const codeLength = value[2] ?? Infinity;
  return value[1] === live && codeLength <= indexCodeMaxBytes && value.length === valueHeadBytes + codeLength;
}

export function joinIndexRow(namespace: number, { head, number, code, isTombstone }: IndexRowParts): ChunkRow {
  const keyCode = namespace === namespaces.linkByExpiry ? code : noCode;
  const key = new Uint8Array(1 + head.length + numberBytes + keyCode.length);
  key[0] = namespace;
  key.set(head, 1);
  setUint64(key, 1 + head.length, number);
  key.set(keyCode, 1 + head.length + numberBytes);
  if (isTombstone) return { key, value: Uint8Array.of(rowVersion, tombstone) };
  const value = new Uint8Array(valueHeadBytes + code.length);
  value[0] = rowVersion;
  value[1] = live;
  value[2] = code.length;
  value.set(code, valueHeadBytes);
  return { key, value };
}

const noCode = new Uint8Array(0);
