// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { defaultChunkFormat } from '../core/lifecycle/default-format.ts';
import { waitingGenerationsMax } from '../core/lifecycle/transitions.ts';
import type { LifecycleView } from '../core/lifecycle/view.ts';
import type { CallOptions, Shards } from '../ports/shards.ts';
import { chunkPage } from './chunk-page.ts';
import type { ChunkPage, ChunkQuery } from './chunk-page.ts';
import { readLifecycle } from './lifecycle.ts';
import { currentMap } from './placement.ts';
import { asServiceError } from './results.ts';

/** Everything that was acknowledged before the call is in chunks as soon as `waitFor` is retired, which takes the older ones with it. */
export type Upload =
  | { readonly kind: 'sealed'; readonly shard: ShardId; readonly generation: number; readonly waitFor: number }
  /** Nothing was written since the last generation was sealed; `waitFor` undefined: that one is retired, too. */
  | { readonly kind: 'empty'; readonly shard: ShardId; readonly waitFor: number | undefined };

export type UploadOutcome = Upload | { readonly kind: 'failed'; readonly shard: ShardId; readonly error: ServiceError };

/** Moving data to the object store, as people ask for it and look at it. Failures are ServiceErrors. */
export interface ChunkService {
  /** Seals what a shard has in its active generation; the cluster exports and retires it in its own time. */
  upload(shard: ShardId, options: CallOptions): Promise<Upload>;
  /** The same for every shard, each for itself. */
  uploadAll(options: CallOptions): Promise<readonly UploadOutcome[]>;
  /** Generations on their way, chunks and garbage of one shard or of all, page by page. */
  list(query: ChunkQuery, options: CallOptions): Promise<ChunkPage>;
  /** Whether all that the generation held is in chunks of the set. False also for one that has not begun. */
  isRetired(shard: ShardId, generation: number, options: CallOptions): Promise<boolean>;
}

export interface ChunkServiceOptions {
  /** Whether this node knows an object store. */
  readonly hasObjectStore: boolean;
}

export function newChunkService(shards: Shards, { hasObjectStore }: ChunkServiceOptions): ChunkService {
  const refuseWithoutStore = (): void => {
    if (hasObjectStore) return;
    const message = 'there is no object store to upload to: set objectStore.url on every node';
    throw new ServiceError('preconditionFailed', message);
  };
  return {
    upload: async (shard, options) => {
      refuseWithoutStore();
      return seal(shards, shard, options);
    },
    uploadAll: async (options) => {
      refuseWithoutStore();
      const ids = currentMap(shards).shards.map(({ id }) => id);
      return Promise.all(ids.map(async (shard) => sealOrFail(shards, shard, options)));
    },
    list: async (query, options) => chunkPage(shards, query, options),
    isRetired: async (shard, generation, options) => isRetired(await readLifecycle(shards, shard, options), generation),
  };
}

async function sealOrFail(shards: Shards, shard: ShardId, options: CallOptions): Promise<UploadOutcome> {
  try {
    return await seal(shards, shard, options);
  } catch (error) {
    return { kind: 'failed', shard, error: asServiceError(error) };
  }
}

async function seal(shards: Shards, shard: ShardId, options: CallOptions): Promise<Upload> {
  const [active, newestSealed] = (await readLifecycle(shards, shard, options)).generations;
  const generation = defined(active, 'active generation').id;
  const command = { type: 'upload', generation, format: defaultChunkFormat } as const;
  const [result] = await shards.write(shard, [command], options);
  assert(result?.kind === 'lifecycle', 'a verdict answers a step of a lifecycle');
  switch (result.verdict) {
    case 'done':
    // Sealed by the leader or another caller since the read, or by an attempt of this call whose answer got lost.
    case 'late':
      return { kind: 'sealed', shard, generation, waitFor: generation };
    case 'empty':
      return { kind: 'empty', shard, waitFor: newestSealed?.id };
    case 'tooMany': {
      const message = `${waitingGenerationsMax} generations of shard ${shard} already wait for the object store: see that it can be reached and takes writes, then try again`;
      throw new ServiceError('overloaded', message);
    }
    default:
      throw new ServiceError('unavailable', `generation ${generation} of shard ${shard} was not sealed; try again`);
  }
}

function isRetired({ generations }: LifecycleView, generation: number): boolean {
  const active = defined(generations[0], 'active generation').id;
  return generation < active && !generations.some(({ id }) => id === generation);
}
