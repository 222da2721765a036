// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { concatBytes, fromUtf8, toHex, utf8 } from '@shortlink/common/bytes.ts';
import { decodeJson, encodeJson } from '../cluster/map-codec.ts';

// One JSON object, which people and programs can read, with the SHA-256 of the exact bytes of its body in front of it.

/** SHA-256, 32 bytes. */
export type Sha256Of = (bytes: Uint8Array) => Uint8Array;

const checksumStart = utf8('{"checksum":"');
const bodyStart = utf8('","body":');
const end = utf8('}\n');
const checksumDigits = 64;
const bodyOffset = checksumStart.length + checksumDigits + bodyStart.length;

export function sealJson(value: unknown, sha256Of: Sha256Of): Uint8Array {
  const body = encodeJson(value);
  return concatBytes(checksumStart, utf8(toHex(sha256Of(body))), bodyStart, body, end);
}

/** @throws DecodeError when the bytes are not what was written. */
export function openJson(bytes: Uint8Array, what: string, sha256Of: Sha256Of): unknown {
  const body = bytes.subarray(bodyOffset, bytes.length - end.length);
  const expected = bytes.subarray(checksumStart.length, checksumStart.length + checksumDigits);
  const isWhole = bytes.length > bodyOffset + end.length && toHex(sha256Of(body)) === asciiOf(expected);
  if (!isWhole) throw new DecodeError(`${what} does not have the checksum that it was written with`);
  return parse(body, what);
}

function parse(body: Uint8Array, what: string): unknown {
  try {
    return decodeJson(body);
  } catch (cause) {
    throw new DecodeError(`${what} is not JSON`, { cause });
  }
}

function asciiOf(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
