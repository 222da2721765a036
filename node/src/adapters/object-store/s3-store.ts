// SPDX-License-Identifier: Apache-2.0
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { defined } from '@shortlink/common/assert.ts';
import { checkObjectName } from '@shortlink/common/object-name.ts';
import {
  requireListQuery,
  requireNameStart,
  requireObjectName,
  requireRange,
  UploadParts,
} from '../../ports/object-store-input.ts';
import {
  ObjectStoreError,
  type BodyOptions,
  type ByteRange,
  type GetOptions,
  type ListQuery,
  type ObjectHead,
  type ObjectPage,
  type ObjectStore,
  type ObjectUpload,
  type PutOutcome,
  type StaleUploads,
  type UploadOptions,
} from '../../ports/object-store.ts';
import type { CallOptions } from '../../ports/shards.ts';
import { readBody } from './s3-body.ts';
import { isPreconditionFailed, S3Calls } from './s3-calls.ts';
import { checksumOf, toldChecksum } from './s3-checksum.ts';
import type { S3Settings } from './s3-client.ts';
import type { S3Failure } from './s3-errors.ts';
import { abortStaleUploads, S3Upload } from './s3-upload.ts';

const absent = { isAbsent: true } as const;

/** Objects in a bucket of S3, or of a server that speaks its protocol. One attempt a call. */
export class S3ObjectStore implements ObjectStore {
  /** EntityTooSmall below it. */
  readonly minPartBytes = 5 * 2 ** 20;
  readonly #calls: S3Calls;

  constructor(settings: S3Settings) {
    this.#calls = new S3Calls(settings);
  }

  async put(name: string, body: Uint8Array, { crc32, timeoutMs }: BodyOptions): Promise<PutOutcome> {
    requireObjectName(name);
    const sent = body.slice();
    const command = new PutObjectCommand({
      ...this.#target(name),
      Body: sent,
      ContentLength: sent.length,
      ContentType: 'application/octet-stream',
      ChecksumCRC32: checksumOf(sent, crc32),
      IfNoneMatch: '*',
    });
    return this.#calls.run<PutOutcome, PutOutcome>(
      { what: `put ${name}`, timeoutMs },
      async (abortSignal) => {
        await this.#calls.client.send(command, { abortSignal });
        return 'created';
      },
      (failure) => (isPreconditionFailed(failure) ? 'exists' : undefined),
    );
  }

  async startUpload(name: string, options: UploadOptions): Promise<ObjectUpload> {
    const parts = new UploadParts(name, options, this.minPartBytes);
    const command = new CreateMultipartUploadCommand({
      ...this.#target(name),
      ContentType: 'application/octet-stream',
      ChecksumAlgorithm: 'CRC32',
    });
    const { UploadId } = await this.#calls.run(
      { what: `start ${name}`, timeoutMs: options.timeoutMs },
      async (abortSignal) => this.#calls.client.send(command, { abortSignal }),
    );
    if (UploadId === undefined)
      throw new ObjectStoreError('unavailable', `start ${name}: an answer without an upload id`);
    return new S3Upload(this.#calls, { name, uploadId: UploadId }, parts);
  }

  async get(name: string, { maxBytes, timeoutMs }: GetOptions): Promise<Uint8Array | undefined> {
    requireObjectName(name);
    return this.#get(name, timeoutMs, undefined, (size) => {
      if (size <= maxBytes) return;
      throw new ObjectStoreError('invalid', `${name} has ${size} bytes, more than ${maxBytes}: read ranges`);
    });
  }

  async getRange(name: string, range: ByteRange, { timeoutMs }: CallOptions): Promise<Uint8Array | undefined> {
    requireObjectName(name);
    requireRange(name, range);
    const { offset, length } = range;
    return this.#get(name, timeoutMs, `bytes=${offset}-${offset + length - 1}`, (size) => {
      if (size === length) return;
      throw new ObjectStoreError('corrupt', `${name} has ${size} bytes from ${offset}, instead of ${length}`);
    });
  }

  async head(name: string, { timeoutMs }: CallOptions): Promise<ObjectHead | undefined> {
    requireObjectName(name);
    const command = new HeadObjectCommand({ ...this.#target(name), ChecksumMode: 'ENABLED' });
    const call = { what: `head ${name}`, timeoutMs };
    const found = await this.#calls.run(
      call,
      async (abortSignal) => this.#calls.client.send(command, { abortSignal }),
      (failure) => (failure.status === 404 ? absent : undefined),
    );
    if ('isAbsent' in found) {
      // The answer to a HEAD has no body to say what it is that is not there.
      await this.#requireBucket(call);
      return undefined;
    }
    const size = defined(found.ContentLength, 'the size of an object');
    return { name, size, modifiedMs: found.LastModified?.getTime() ?? 0, checksum: toldChecksum(found) };
  }

  async list({ prefix, limit, cursor }: ListQuery, { timeoutMs }: CallOptions): Promise<ObjectPage> {
    requireListQuery({ prefix, limit });
    const command = new ListObjectsV2Command({
      Bucket: this.#calls.bucket,
      Prefix: this.#calls.keyOf(prefix),
      MaxKeys: limit,
      ContinuationToken: cursor,
    });
    const page = await this.#calls.run({ what: `list ${prefix}`, timeoutMs }, async (abortSignal) =>
      this.#calls.client.send(command, { abortSignal }),
    );
    const objects = (page.Contents ?? []).flatMap(({ Key, Size, LastModified }) => {
      const name = this.#calls.nameOf(Key);
      // What cannot be a name of ours was put there by somebody else.
      if (name === undefined || checkObjectName(name) !== undefined) return [];
      return [{ name, size: Size ?? 0, modifiedMs: LastModified?.getTime() ?? 0 }];
    });
    return { objects, nextCursor: page.IsTruncated === true ? page.NextContinuationToken : undefined };
  }

  async delete(name: string, { timeoutMs }: CallOptions): Promise<void> {
    requireObjectName(name);
    const command = new DeleteObjectCommand(this.#target(name));
    await this.#calls.run<unknown, true>(
      { what: `delete ${name}`, timeoutMs },
      async (abortSignal) => this.#calls.client.send(command, { abortSignal }),
      (failure) => (failure.code === 'NoSuchKey' ? true : undefined),
    );
  }

  async abortUploads(stale: StaleUploads, options: CallOptions): Promise<readonly string[]> {
    requireNameStart(stale.prefix);
    return abortStaleUploads(this.#calls, stale, options);
  }

  async close(): Promise<void> {
    this.#calls.close();
  }

  #target(name: string) {
    return { Bucket: this.#calls.bucket, Key: this.#calls.keyOf(name) };
  }

  /** `accept` is told how long the body is, and refuses it by a throw. */
  async #get(
    name: string,
    timeoutMs: number,
    range: string | undefined,
    accept: (size: number) => void,
  ): Promise<Uint8Array | undefined> {
    const command = new GetObjectCommand({ ...this.#target(name), Range: range, ChecksumMode: 'ENABLED' });
    const found = await this.#calls.run(
      { what: `get ${name}`, timeoutMs },
      async (abortSignal) => {
        const answer = await this.#calls.client.send(command, { abortSignal });
        return { body: await readBody(answer, accept) };
      },
      isAbsentKey,
    );
    return 'isAbsent' in found ? undefined : found.body;
  }

  async #requireBucket({ what, timeoutMs }: { what: string; timeoutMs: number }): Promise<void> {
    const command = new HeadBucketCommand({ Bucket: this.#calls.bucket });
    await this.#calls.run({ what, timeoutMs }, async (abortSignal) => {
      try {
        await this.#calls.client.send(command, { abortSignal });
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'NotFound') throw error;
        const message = `the bucket ${this.#calls.bucket} does not exist: create it, or correct objectStore.url`;
        throw new ObjectStoreError('invalid', message, { cause: error });
      }
    });
  }
}

/** Only the store's own word counts: a 404 of something on the way must not look like a lost object. */
function isAbsentKey({ code }: S3Failure): typeof absent | undefined {
  return code === 'NoSuchKey' ? absent : undefined;
}
