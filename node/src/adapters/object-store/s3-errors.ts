// SPDX-License-Identifier: Apache-2.0
import { InvariantError } from '@shortlink/common/assert.ts';
import { ObjectStoreError, type ObjectStoreErrorKind } from '../../ports/object-store.ts';

/** What a failed call of the SDK says about itself. */
export interface S3Failure {
  /** `NoSuchKey`, `ECONNRESET`; the names of S3 are documented under "Error responses" of its API reference. */
  readonly code: string;
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined;
  readonly message: string;
}

export function s3Failure(error: unknown): S3Failure {
  if (!(error instanceof Error)) return { code: 'unknown', status: undefined, message: String(error) };
  const metadata = propertyOf(error, '$metadata');
  const status = propertyOf(metadata, 'httpStatusCode');
  const systemCode = propertyOf(error, 'code');
  return {
    code: typeof systemCode === 'string' ? systemCode : error.name,
    status: typeof status === 'number' && status > 0 ? status : undefined,
    message: error.message,
  };
}

interface Meaning {
  readonly kind: ObjectStoreErrorKind;
  /** What to do, where the store's own words do not say it. */
  readonly advice?: string;
}

const clock: Meaning = { kind: 'unavailable', advice: 'the clock of this machine is wrong, or that of the store' };
const credentials: Meaning = { kind: 'denied', advice: 'check the credentials (docs/operations/object-store.md)' };
const region: Meaning = { kind: 'invalid', advice: 'set objectStore.region to the region of the bucket' };
const changed: Meaning = { kind: 'corrupt', advice: 'bytes changed on the way' };
const slower: Meaning = { kind: 'throttled' };

const meanings: Readonly<Record<string, Meaning>> = {
  SlowDown: slower,
  SlowDownRead: slower,
  SlowDownWrite: slower,
  ServiceUnavailable: slower,
  RequestLimitExceeded: slower,
  Throttling: slower,
  ThrottlingException: slower,
  TooManyRequests: slower,
  ConditionalRequestConflict: { kind: 'conflict' },
  OperationAborted: { kind: 'conflict' },
  BadDigest: changed,
  InvalidDigest: changed,
  XAmzContentChecksumMismatch: changed,
  XAmzContentSHA256Mismatch: changed,
  IncompleteBody: { kind: 'unavailable' },
  InternalError: { kind: 'unavailable' },
  RequestTimeout: { kind: 'unavailable' },
  RequestTimeTooSkewed: clock,
  AccessDenied: credentials,
  InvalidAccessKeyId: credentials,
  SignatureDoesNotMatch: credentials,
  ExpiredToken: credentials,
  InvalidToken: credentials,
  CredentialsProviderError: credentials,
  NoSuchBucket: { kind: 'invalid', advice: 'create the bucket, or correct objectStore.url' },
  NoSuchUpload: { kind: 'invalid', advice: 'the upload is gone: start a new one' },
  ObjectParentIsFile: { kind: 'invalid', advice: 'no name may be another name and a slash' },
  ExistingObjectIsDirectory: { kind: 'invalid', advice: 'no name may be another name and a slash' },
  NotImplemented: { kind: 'invalid', advice: 'the store cannot do what is needed: shortlink object-store check' },
  PermanentRedirect: region,
  AuthorizationHeaderMalformed: region,
  IllegalLocationConstraintException: region,
  InvalidRange: { kind: 'corrupt', advice: 'the object is shorter than it was when it was written' },
  ENOTFOUND: { kind: 'unavailable', advice: 'check objectStore.endpoint' },
  ECONNREFUSED: { kind: 'unavailable', advice: 'nobody listens there: check objectStore.endpoint' },
};

/** A failed call as an error of the port. `what` names the call. A broken invariant stays one. */
export function fromS3Error(what: string, error: unknown): Error {
  if (error instanceof ObjectStoreError || error instanceof InvariantError) return error;
  const failure = s3Failure(error);
  const { kind, advice } = meanings[failure.code] ?? byStatus(failure);
  const answer = failure.status === undefined ? failure.code : `${failure.status} ${failure.code}`;
  const words = failure.message === failure.code || failure.message === '' ? '' : `: ${failure.message}`;
  const message = `${what}: ${answer}${words}${advice === undefined ? '' : `; ${advice}`}`;
  return new ObjectStoreError(kind, message, { cause: error });
}

/** Stores have names of their own for some failures; the status is what they agree on. */
function byStatus({ status, message }: S3Failure): Meaning {
  // What the SDK says when the body of an answer does not have its checksum.
  if (/checksum mismatch/i.test(message)) return changed;
  if (status === undefined) return { kind: 'unavailable' };
  if (status === 401 || status === 403) return credentials;
  if (status === 409) return { kind: 'conflict' };
  if (status === 429) return slower;
  if (status === 301 || status === 307) return region;
  // Not a word of the store: something on the way does not know it.
  if (status === 404 || status === 408 || status >= 500) return { kind: 'unavailable' };
  return { kind: 'invalid' };
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
