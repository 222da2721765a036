// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './shards.ts';

/**
 * `exists`: an object has that name already, and stays as it is. A store that tries again by itself says `created` when that
 * object has the very same bytes.
 */
export type PutOutcome = 'created' | 'exists';

/**
 * `gone`: the store knows the upload no longer. It was completed by an earlier attempt whose answer was lost, or it was
 * aborted; the object says which.
 */
export type CompleteOutcome = PutOutcome | 'gone';

export interface BodyOptions extends CallOptions {
  /** CRC-32 of the body (that of zlib), computed where the body was made: the store refuses other bytes as `corrupt`. */
  readonly crc32?: number | undefined;
}

export interface GetOptions extends CallOptions {
  /** A larger object is refused as `invalid`: it is to be read in ranges. */
  readonly maxBytes: number;
}

/** The bytes [offset, offset + length); length is at least 1. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface ObjectInfo {
  readonly name: string;
  readonly size: number;
  /** When it was created, by the clock of the store. */
  readonly modifiedMs: number;
}

export interface ObjectHead extends ObjectInfo {
  /** Checksum as the store tells it, with its algorithm: `CRC32 y/Q5Jg==`. For people. Undefined when it tells none. */
  readonly checksum: string | undefined;
}

export interface ListQuery {
  /** Names that start so; it need not end at a `/`. Empty: all. */
  readonly prefix: string;
  /** Names a page, at most limits.objectListMaxNames. */
  readonly limit: number;
  /** `nextCursor` of the page before. It belongs to the store, and to this prefix. */
  readonly cursor?: string | undefined;
}

/** In the order of the bytes of the names. A page may be empty although there is a next one. */
export interface ObjectPage {
  readonly objects: readonly ObjectInfo[];
  /** Undefined at the end. */
  readonly nextCursor: string | undefined;
}

export interface UploadOptions extends CallOptions {
  /** Bytes of each part but the last: at least `minPartBytes` of the store. */
  readonly partBytes: number;
}

/**
 * A new object, part by part. Nothing of it shows before `complete`. Parts may be written at the same time, in any order,
 * and again after a failure; the store keeps what was written last under a number.
 */
export interface ObjectUpload {
  /** Numbers count from 1, at most limits.objectMaxParts, without a gap when it comes to `complete`. */
  writePart(number: number, body: Uint8Array, options: BodyOptions): Promise<void>;
  /** Makes the object, if there is none of that name. */
  complete(options: CallOptions): Promise<CompleteOutcome>;
  /** Removes the parts. Does nothing after `complete`, nor when the upload is gone. */
  abort(options: CallOptions): Promise<void>;
}

export interface StaleUploads {
  /** Of the names of the objects to be. */
  readonly prefix: string;
  /** By the clock of the store; leave room for clocks that differ. */
  readonly startedBeforeMs: number;
}

/**
 * Immutable objects by name (limits and letters: common/src/object-name.ts). An object is created whole or not at all, by
 * one of all who try, is never overwritten, and shows to everybody as soon as the call that made it has returned.
 * No name may be another name and `/…`: stores treat that differently, down to hiding one of the two.
 * Every call throws ObjectStoreError. After one that is not `denied` or `invalid`, the outcome of a mutation is unknown.
 */
export interface ObjectStore {
  /** The smallest part of an upload that is not its last. */
  readonly minPartBytes: number;
  put(name: string, body: Uint8Array, options: BodyOptions): Promise<PutOutcome>;
  startUpload(name: string, options: UploadOptions): Promise<ObjectUpload>;
  /** The whole object; undefined when there is none. */
  get(name: string, options: GetOptions): Promise<Uint8Array | undefined>;
  /** Exactly the range; undefined when there is no object. An object that ends before the range does is `corrupt`. */
  getRange(name: string, range: ByteRange, options: CallOptions): Promise<Uint8Array | undefined>;
  /** Undefined when there is no object. */
  head(name: string, options: CallOptions): Promise<ObjectHead | undefined>;
  list(query: ListQuery, options: CallOptions): Promise<ObjectPage>;
  /** Without an object it does nothing. */
  delete(name: string, options: CallOptions): Promise<void>;
  /** Aborts uploads that somebody left behind, about a thousand at most. @returns their names; empty when none are left. */
  abortUploads(stale: StaleUploads, options: CallOptions): Promise<readonly string[]>;
  /** Calls that still run fail. */
  close(): Promise<void>;
}

/** What a caller may do about a failure: a kind exists only where that differs. */
export const objectStoreErrorKinds = {
  /** The store, or the way to it, fails. */
  unavailable: { retryable: true },
  /** The store asks for fewer requests. */
  throttled: { retryable: true },
  /** The time of the call is over. */
  timeout: { retryable: true },
  /** Somebody else does something to the same name at the same time; nobody has won yet. */
  conflict: { retryable: true },
  /** Bytes arrived, here or there, that are not those that were sent. */
  corrupt: { retryable: true },
  /** Credentials are missing, wrong, or lack a permission. */
  denied: { retryable: false },
  /** The request cannot be done, now or later: a name, a setting, or a promise that the store does not make. */
  invalid: { retryable: false },
} as const;

export type ObjectStoreErrorKind = keyof typeof objectStoreErrorKinds;

/** A call of an object store failed; `message` says why and what to do. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
  readonly kind: ObjectStoreErrorKind;
  /** The same call may succeed later. */
  readonly retryable: boolean;

  constructor(kind: ObjectStoreErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.retryable = objectStoreErrorKinds[kind].retryable;
  }
}
