// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import type { DescribeRow } from '../../core/chunk/chunk-row.ts';
import { ChunkReader } from '../../core/chunk/chunk-reader.ts';
import { openTail } from '../../core/chunk/chunk-source.ts';
import type { ChunkSource } from '../../core/chunk/chunk-source.ts';
import { describeStateRow } from '../../core/chunk/describe-state-row.ts';
import { verifyChunk } from '../../core/chunk/verify-chunk.ts';
import type { ChunkObject, GenerationRecord } from '../../core/lifecycle/types.ts';
import type { ChunkContext } from './chunk-context.ts';
import { isSameObject, objectOf } from './chunk-object.ts';
import { pacedSource } from './nearest-source.ts';
import { ObjectMissingError, objectSource } from './object-source.ts';

const proposeTimeoutMs = 10_000;

/** Reads an exported object again, every byte of it, and tells the shard what it holds. */
export async function readBackObject(context: ChunkContext, shard: ShardId, record: GenerationRecord): Promise<void> {
  const { object } = record;
  if (object === undefined) return;
  const digest = await digestOfObject(context, object);
  context.observer.count(digest === object.contentDigest ? 'readBack' : 'corrupt', object.sizeBytes);
  const command = { type: 'readback', generation: record.id, object: object.name, digest } as const;
  try {
    await context.shards.write(shard, [command], { timeoutMs: proposeTimeoutMs });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    context.observer.failed(`telling of the read-back of ${object.name}`, error);
  }
}

/** Undefined when the object is missing or not what was written. @throws ObjectStoreError when it cannot be told. */
async function digestOfObject(context: ChunkContext, object: ChunkObject): Promise<string | undefined> {
  try {
    await verifyObject(context, object, objectSource(context.objects, object.name, object.sizeBytes));
    return object.contentDigest;
  } catch (error) {
    if (error instanceof ChunkCorruptError || error instanceof ObjectMissingError) {
      context.observer.failed(`reading ${object.name} again`, error);
      return undefined;
    }
    throw error;
  }
}

/** Decodes the whole chunk: its rows are what it says of them, and so is what the shard remembers. @throws ChunkCorruptError */
export async function verifyObject(
  context: Pick<ChunkContext, 'codec' | 'breathe' | 'pace'>,
  object: ChunkObject,
  source: ChunkSource,
  describe: DescribeRow = describeStateRow,
): Promise<void> {
  const { codec } = context;
  const { name, sizeBytes: chunkBytes, tailBytes } = object;
  const paced = pacedSource(context, source);
  const tail = await openTail(paced, { codec, chunkBytes, tailBytes });
  await verifyChunk(new ChunkReader({ tail, source: paced, codec }), { codec, describe });
  if (!isSameObject(objectOf(name, tail), object))
    throw new ChunkCorruptError(`${name} is a whole chunk, but not the one that is on record`);
}
