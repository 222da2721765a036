// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { UploadRequestSchema, type AdminService } from '@shortlink/proto/admin.ts';
import type { ServiceClient } from '@shortlink/proto/grpc-service.ts';
import { StoreError } from '../ports/store-api.ts';

/** Whoever has sealed what it has is not asked again for so long: each time that would be another small chunk. */
const rememberedMs = 60_000;
/** A cluster may have thousands of shards, and conditions and events hold a sentence. */
const maxNamedShards = 3;

type Admin = Pick<ServiceClient<typeof AdminService>, 'upload'>;
type CallOptions = Parameters<Admin['upload']>[1];

interface Failure {
  readonly shard: number;
  readonly message: string;
}

/** Orders to upload everything, to shards that succeed or fail each by itself: what failed is ordered again, and only that. */
export class UploadOrder {
  readonly #nowMs: () => number;
  #left: { readonly shards: readonly number[]; readonly sinceMs: number } | undefined;

  /** `nowMs`: of a clock that is never set. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** @throws StoreError when a shard has failed: what it has not sealed does not wait for the store, and would look as if it were there. */
  async give(admin: Admin, options: CallOptions): Promise<void> {
    const nowMs = this.#nowMs();
    const left = this.#left !== undefined && nowMs - this.#left.sinceMs < rememberedMs ? this.#left : undefined;
    const failed = left === undefined ? await allFailed(admin, options) : await someFailed(admin, options, left.shards);
    this.#left =
      failed.length === 0 ? undefined : { shards: failed.map(({ shard }) => shard), sinceMs: left?.sinceMs ?? nowMs };
    if (failed.length > 0) throw new StoreError(failureText(failed), false);
  }
}

async function allFailed(admin: Admin, options: CallOptions): Promise<readonly Failure[]> {
  const { results } = await admin.upload(create(UploadRequestSchema), options);
  return results.flatMap(({ shardId: shard, error }) =>
    error === undefined ? [] : [{ shard, message: error.message }],
  );
}

async function someFailed(admin: Admin, options: CallOptions, shards: readonly number[]): Promise<readonly Failure[]> {
  const failed: Failure[] = [];
  for (const shardId of shards) {
    try {
      await admin.upload(create(UploadRequestSchema, { shardId }), options);
    } catch (error) {
      failed.push({ shard: shardId, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return failed;
}

function failureText(failed: readonly Failure[]): string {
  const more = failed.length - maxNamedShards;
  const named = failed.slice(0, maxNamedShards).map(({ shard, message }) => `shard ${shard}: ${message}`);
  return `the upload failed for ${failed.length} shards: ${[...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')}`;
}
