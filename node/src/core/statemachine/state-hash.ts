// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { slotEndOffset, slotOffset } from './keys.ts';

/**
 * The state hash: 64 bits in two lanes of 32, chained over every effect of every command in order.
 *
 * A lane absorbs a byte b by h = imul(h ^ b, prime), which is FNV-1a
 * (http://www.isthe.com/chongo/tech/comp/fnv/) for the first lane; the second one uses the multiplier 0x85ebca6b
 * (MurmurHash3's first finalizer constant) and rotates by 13 bits, so that the lanes do not fail together. Lengths are absorbed
 * before the bytes, so the borders between fields count. It finds replicas that have drifted apart by accident;
 * it resists no attacker.
 */
export interface StateHasher {
  first: number;
  second: number;
}

export const initialStateHash = '811c9dc59e3779b9';
const hashPattern = /^[0-9a-f]{16}$/;

export function isStateHash(text: string): boolean {
  return hashPattern.test(text);
}

/** @throws DecodeError when the text is not 16 hexadecimal digits. */
export function openStateHash(text: string): StateHasher {
  if (!isStateHash(text)) throw new DecodeError('state hash is not 16 hexadecimal digits');
  return { first: Number.parseInt(text.slice(0, 8), 16), second: Number.parseInt(text.slice(8), 16) };
}

export function formatStateHash(hasher: StateHasher): string {
  return hex32(hasher.first) + hex32(hasher.second);
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

const opPut = 1;
const opDelete = 2;

/** Absorbs one effect; `value` undefined is a delete. The slot in the key counts as 0: it differs between replicas. */
export function absorbEffect(hasher: StateHasher, key: Uint8Array, value: Uint8Array | undefined): void {
  absorbNumber(hasher, value === undefined ? opDelete : opPut);
  absorbNumber(hasher, key.length);
  absorbBytes(hasher, key, 0, slotOffset);
  absorbBytes(hasher, key, slotEndOffset, key.length);
  if (value === undefined) return;
  absorbNumber(hasher, value.length);
  absorbBytes(hasher, value, 0, value.length);
}

function absorbBytes(hasher: StateHasher, bytes: Uint8Array, start: number, end: number): void {
  let first = hasher.first;
  let second = hasher.second;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    first = Math.imul(first ^ byte, 0x0100_0193);
    second = Math.imul(second ^ byte, 0x85eb_ca6b);
    second = (second << 13) | (second >>> 19);
  }
  hasher.first = first;
  hasher.second = second;
}

function absorbNumber(hasher: StateHasher, value: number): void {
  hasher.first = Math.imul(hasher.first ^ value, 0x0100_0193);
  const second = Math.imul(hasher.second ^ value, 0x85eb_ca6b);
  hasher.second = (second << 13) | (second >>> 19);
}
