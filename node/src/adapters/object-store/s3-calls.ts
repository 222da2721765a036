// SPDX-License-Identifier: Apache-2.0
import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectStoreError } from '../../ports/object-store.ts';
import { systemTimers } from '../system/system-timers.ts';
import { fromS3Error, s3Failure, type S3Failure } from './s3-errors.ts';
import { newS3Client, type S3Settings } from './s3-client.ts';

/** How long one call may take, and what it is called in messages. */
export interface S3Call {
  readonly what: string;
  readonly timeoutMs: number;
}

/** The client of one bucket: names to keys and back, and a deadline for every call, its body included. */
export class S3Calls {
  readonly bucket: string;
  readonly client: S3Client;
  readonly #keyPrefix: string;
  readonly #where: string;
  #isClosed = false;

  constructor(settings: S3Settings) {
    this.bucket = settings.bucket;
    this.client = newS3Client(settings);
    this.#keyPrefix = settings.prefix === '' ? '' : `${settings.prefix}/`;
    this.#where = `s3://${settings.bucket}/${this.#keyPrefix}`;
  }

  /** `name` may also be the start of names. */
  keyOf(name: string): string {
    return this.#keyPrefix + name;
  }

  /** Undefined for keys of others. */
  nameOf(key: string | undefined): string | undefined {
    return key?.startsWith(this.#keyPrefix) === true ? key.slice(this.#keyPrefix.length) : undefined;
  }

  /**
   * Runs a call with a signal that cuts it off at its deadline. `expected` may make a value of a failure that is an answer.
   * @throws ObjectStoreError
   */
  async run<T, E = never>(
    { what, timeoutMs }: S3Call,
    call: (signal: AbortSignal) => Promise<T>,
    expected: (failure: S3Failure) => E | undefined = () => undefined,
  ): Promise<T | E> {
    const label = `${what} in ${this.#where}`;
    if (this.#isClosed) throw new ObjectStoreError('unavailable', `${label}: the object store is closed`);
    const deadline = new AbortController();
    const cancel = systemTimers.after(timeoutMs, () => deadline.abort());
    try {
      return await call(deadline.signal);
    } catch (error) {
      const answer = expected(s3Failure(error));
      if (answer !== undefined) return answer;
      if (deadline.signal.aborted) {
        const message = `${label}: no answer in ${timeoutMs} ms; whether it was done is unknown`;
        throw new ObjectStoreError('timeout', message, { cause: error });
      }
      throw fromS3Error(label, error);
    } finally {
      cancel();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.client.destroy();
  }
}

/** The answer to a condition that does not hold. */
export function isPreconditionFailed({ code, status }: S3Failure): boolean {
  return status === 412 || code === 'PreconditionFailed';
}
