// SPDX-License-Identifier: Apache-2.0
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
  type CompletedPart,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
import { defined } from '@shortlink/common/assert.ts';
import type { BodyOptions, CompleteOutcome, ObjectUpload, StaleUploads } from '../../ports/object-store.ts';
import type { UploadParts } from '../../ports/object-store-input.ts';
import type { CallOptions } from '../../ports/shards.ts';
import { isPreconditionFailed, type S3Calls } from './s3-calls.ts';
import { checksumOf } from './s3-checksum.ts';

/** About; the page that passes it is finished. */
const abortMaxUploads = 1000;

export interface S3UploadPlace {
  readonly name: string;
  readonly uploadId: string;
}

/** A multipart upload: each part with its CRC-32, and all of them again at the end. */
export class S3Upload implements ObjectUpload {
  readonly #calls: S3Calls;
  readonly #place: S3UploadPlace;
  readonly #parts: UploadParts;
  readonly #completed = new Map<number, CompletedPart>();

  constructor(calls: S3Calls, place: S3UploadPlace, parts: UploadParts) {
    this.#calls = calls;
    this.#place = place;
    this.#parts = parts;
  }

  async writePart(number: number, body: Uint8Array, { crc32, timeoutMs }: BodyOptions): Promise<void> {
    this.#parts.offsetOf(number, body.length);
    const sent = body.slice();
    const checksum = checksumOf(sent, crc32);
    const command = new UploadPartCommand({
      ...this.#target,
      PartNumber: number,
      Body: sent,
      ContentLength: sent.length,
      ChecksumCRC32: checksum,
    });
    const what = `part ${number} of ${this.#place.name}`;
    const { ETag } = await this.#calls.run({ what, timeoutMs }, async (abortSignal) =>
      this.#calls.client.send(command, { abortSignal }),
    );
    this.#completed.set(number, { PartNumber: number, ETag, ChecksumCRC32: checksum });
    this.#parts.written(number, sent.length);
  }

  async complete({ timeoutMs }: CallOptions): Promise<CompleteOutcome> {
    const { count } = this.#parts.whole();
    const parts = Array.from({ length: count }, (_, i) => defined(this.#completed.get(i + 1), `part ${i + 1}`));
    const command = new CompleteMultipartUploadCommand({
      ...this.#target,
      MultipartUpload: { Parts: parts },
      IfNoneMatch: '*',
    });
    return this.#calls.run<CompleteOutcome, CompleteOutcome>(
      { what: `complete ${this.#place.name}`, timeoutMs },
      async (abortSignal) => {
        await this.#calls.client.send(command, { abortSignal });
        return 'created';
      },
      (failure) => {
        if (isPreconditionFailed(failure)) return 'exists';
        return failure.code === 'NoSuchUpload' ? 'gone' : undefined;
      },
    );
  }

  async abort({ timeoutMs }: CallOptions): Promise<void> {
    await abortUpload(this.#calls, this.#place, timeoutMs);
  }

  get #target() {
    const { name, uploadId } = this.#place;
    return { Bucket: this.#calls.bucket, Key: this.#calls.keyOf(name), UploadId: uploadId };
  }
}

/** @returns the names of the uploads that were aborted. */
export async function abortStaleUploads(
  calls: S3Calls,
  { prefix, startedBeforeMs }: StaleUploads,
  { timeoutMs }: CallOptions,
): Promise<string[]> {
  const aborted: string[] = [];
  let after: Pick<ListMultipartUploadsCommandOutput, 'NextKeyMarker' | 'NextUploadIdMarker'> | undefined = {};
  while (after !== undefined && aborted.length < abortMaxUploads) {
    const command = new ListMultipartUploadsCommand({
      Bucket: calls.bucket,
      Prefix: calls.keyOf(prefix),
      KeyMarker: after.NextKeyMarker,
      UploadIdMarker: after.NextUploadIdMarker,
    });
    const page: ListMultipartUploadsCommandOutput = await calls.run(
      { what: 'list uploads', timeoutMs },
      async (abortSignal) => calls.client.send(command, { abortSignal }),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      const name = calls.nameOf(Key);
      if (name === undefined || UploadId === undefined || Initiated === undefined) continue;
      if (Initiated.getTime() >= startedBeforeMs) continue;
      await abortUpload(calls, { name, uploadId: UploadId }, timeoutMs);
      aborted.push(name);
    }
    after = page.IsTruncated === true ? page : undefined;
  }
  return aborted;
}

async function abortUpload(calls: S3Calls, { name, uploadId }: S3UploadPlace, timeoutMs: number): Promise<void> {
  const command = new AbortMultipartUploadCommand({ Bucket: calls.bucket, Key: calls.keyOf(name), UploadId: uploadId });
  await calls.run<unknown, true>(
    { what: `abort ${name}`, timeoutMs },
    async (abortSignal) => calls.client.send(command, { abortSignal }),
    (failure) => (failure.code === 'NoSuchUpload' ? true : undefined),
  );
}
