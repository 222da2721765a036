// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { Dedup } from '../core/statemachine/commands.ts';
import type { Random } from '../ports/random.ts';
import type { Sha256 } from './dependencies.ts';

const keyBytes = 16;
const fingerprintBytes = 8;
/** Sets minted keys apart from whatever a client may send. */
const mintedMark = 0;
const clientMark = 1;

/** The identity of one request; all its rows and all its retries share it. */
export type RequestKey = Uint8Array;

/** @throws ServiceError invalid */
export function requestKey(idempotencyKey: string | undefined, random: Random): RequestKey {
  if (idempotencyKey === undefined) return new ByteWriter().uint8(mintedMark).raw(random.bytes(keyBytes)).finish();
  const bytes = utf8(idempotencyKey);
  if (bytes.length === 0 || bytes.length > limits.idempotencyKeyMaxBytes) {
    const message = `an idempotency key has 1 to ${limits.idempotencyKeyMaxBytes} bytes`;
    throw new ServiceError('invalid', message, { field: 'idempotencyKey' });
  }
  return new ByteWriter().uint8(clientMark).raw(bytes).finish();
}

/**
 * What the shard remembers of one row (design §3.4). `canonical` is everything that the row asks for, written the same way
 * each time; an answer is given again only to the same question.
 */
export function rowDedup(sha256: Sha256, key: RequestKey, row: number, canonical: Uint8Array): Dedup {
  return {
    key: sha256(new ByteWriter().bytes(key).uint32(row).finish()).slice(0, keyBytes),
    fingerprint: sha256(canonical).slice(0, fingerprintBytes),
  };
}

/** Undefined and zero, or absent and empty, are different questions. */
export function writeOptionalNumber(writer: ByteWriter, value: number | undefined): ByteWriter {
  return value === undefined ? writer.uint8(0) : writer.uint8(1).uint64(value);
}

export function writeOptionalText(writer: ByteWriter, value: string | undefined): ByteWriter {
  return value === undefined ? writer.uint8(0) : writer.uint8(1).text(value);
}

export function writeOptionalBytes(writer: ByteWriter, value: Uint8Array | undefined): ByteWriter {
  return value === undefined ? writer.uint8(0) : writer.uint8(1).bytes(value);
}
