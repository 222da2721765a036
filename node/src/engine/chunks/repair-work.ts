// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import type { FullLifecycle, ReferencedObject } from '../../core/lifecycle/object-standing.ts';
import type { ChunkObject, ChunkRecord } from '../../core/lifecycle/types.ts';
import type { Command } from '../../core/statemachine/commands.ts';
import type { RepairOutcome } from '../../ports/chunk-upkeep.ts';
import type { ChunkContext } from './chunk-context.ts';
import { copySource } from './nearest-source.ts';
import { readLifecycleNow } from './read-lifecycle-now.ts';
import { verifyObject } from './readback-work.ts';

const proposeTimeoutMs = 10_000;
/** For another merge to end, and for the own one: both move at the rate that chunks may move at. */
const patienceMs = 30 * 60_000;
const pollMs = 250;
/** Merges that a repair waits for, its own included. */
const attemptsMax = 8;

/**
 * Makes an object anew that is missing or wrong in the store, by the steps that there are anyway, so that nothing has to
 * trust the repair. A generation is given up and exported again. Outputs of a merge are, with the merge. A chunk becomes
 * the only input of a merge, which reads a copy of it on some node, is read again by another one, and replaces it.
 */
export async function repairObject(
  context: ChunkContext,
  shard: ShardId,
  referenced: ReferencedObject,
): Promise<RepairOutcome> {
  const { kind, object } = referenced;
  try {
    if (kind === 'chunk') return await rewriteChunk(context, shard, referenced.record);
    const command: Command =
      kind === 'generation'
        ? { type: 'readback', generation: referenced.record.id, object: object.name, digest: undefined }
        : { type: 'mergeAbandoned', merge: referenced.record.id };
    await context.shards.write(shard, [command], { timeoutMs: proposeTimeoutMs });
    return 'repaired';
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    context.observer.failed(`repairing ${object.name}`, error);
    return 'failed';
  }
}

async function rewriteChunk(context: ChunkContext, shard: ShardId, chunk: ChunkRecord): Promise<RepairOutcome> {
  const { object } = chunk;
  if (!(await hasCopy(context, chunk))) return 'lost';
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    // Another merge of the shard may be under way, or come first: it goes before, and may take the chunk along.
    const view = await waitForQuiet(context, shard);
    if (view === undefined) return 'failed';
    if (view.records.chunks.every((one) => one.object.name !== object.name)) {
      context.observer.count('repaired', object.sizeBytes);
      return 'repaired';
    }
    const { chunkSetVersion } = view;
    const merge: Command = { type: 'merge', node: context.self, inputs: [object.name], chunkSetVersion };
    await context.shards.write(shard, [merge], { timeoutMs: proposeTimeoutMs });
  }
  return 'failed';
}

/** Whether this node or another one has a copy whose rows are all right. */
async function hasCopy(context: ChunkContext, chunk: ChunkRecord): Promise<boolean> {
  for (const node of [context.self, ...chunk.holders.filter((holder) => holder !== context.self)]) {
    if (await isRight(context, chunk.object, node)) return true;
  }
  return false;
}

async function isRight(context: ChunkContext, object: ChunkObject, node: string): Promise<boolean> {
  try {
    await verifyObject(context, object, copySource(context, object, node));
    return true;
  } catch (error) {
    if (error instanceof ChunkCorruptError) return false;
    throw error;
  }
}

/** The lifecycle as soon as no merge is under way; undefined when that takes too long. */
async function waitForQuiet(context: ChunkContext, shard: ShardId): Promise<FullLifecycle | undefined> {
  const endMs = context.clock.monotonicMs() + patienceMs;
  while (context.clock.monotonicMs() < endMs) {
    const view = await readLifecycleNow(context.shards, shard);
    if (view.records.merge === undefined) return view;
    await new Promise<void>((resolve) => void context.timers.after(pollMs, resolve));
  }
  return undefined;
}
