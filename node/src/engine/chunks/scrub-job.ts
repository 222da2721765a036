// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import { referencedObjects } from '../../core/lifecycle/object-standing.ts';
import type { ReferencedObject } from '../../core/lifecycle/object-standing.ts';
import type { ScrubFinding, ShardScrub } from '../../ports/chunk-upkeep.ts';
import { ObjectStoreError } from '../../ports/object-store.ts';
import type { ChunkContext } from './chunk-context.ts';
import type { Collector } from './collector.ts';
import { ObjectMissingError, objectSource } from './object-source.ts';
import { readLifecycleNow } from './read-lifecycle-now.ts';
import { verifyObject } from './readback-work.ts';
import { repairObject } from './repair-work.ts';

export interface ScrubJob {
  readonly collector: Collector;
  readonly clusterId: ClusterId;
  readonly shard: ShardId;
  readonly repair: boolean;
  readonly onBytes: (progress: { readonly all?: number; readonly done?: number }) => void;
}

type Flaw = Pick<ScrubFinding, 'problem' | 'detail'>;

/** Reads every object of a shard that is on record, and looks for those that are on none. */
export async function scrubShard(context: ChunkContext, job: ScrubJob): Promise<ShardScrub> {
  const { collector, clusterId, shard, onBytes } = job;
  const orphans = await collector.findOrphans(clusterId, shard);
  const objects = referencedObjects((await readLifecycleNow(context.shards, shard)).records);
  onBytes({ all: objects.reduce((sum, { object }) => sum + object.sizeBytes, 0) });
  const findings: ScrubFinding[] = [];
  for (const referenced of objects) {
    const flaw = await flawOf(context, referenced);
    onBytes({ done: referenced.object.sizeBytes });
    if (flaw === undefined || !(await isStillReferenced(context, shard, referenced))) continue;
    context.observer.count('corrupt', referenced.object.sizeBytes);
    const repair =
      job.repair && flaw.problem !== 'unreadable' ? await repairObject(context, shard, referenced) : undefined;
    findings.push({ name: referenced.object.name, ...flaw, repair });
  }
  const extra = orphans.due.map(({ name, size }): ScrubFinding => {
    return { name, problem: 'extra', detail: `${size} bytes that nothing can refer to any more`, repair: undefined };
  });
  return {
    shard,
    checkedObjects: objects.length,
    checkedBytes: objects.reduce((sum, { object }) => sum + object.sizeBytes, 0),
    findings: [...findings, ...extra],
    pending: orphans.kept,
    foreign: orphans.foreign,
  };
}

async function flawOf(context: ChunkContext, { object }: ReferencedObject): Promise<Flaw | undefined> {
  try {
    await verifyObject(context, object, objectSource(context.objects, object.name, object.sizeBytes));
    return undefined;
  } catch (error) {
    if (error instanceof ObjectMissingError) return { problem: 'missing', detail: error.message };
    if (error instanceof ChunkCorruptError) return { problem: 'corrupt', detail: error.message };
    if (error instanceof ObjectStoreError && error.kind === 'corrupt')
      return { problem: 'corrupt', detail: error.message };
    if (error instanceof ObjectStoreError) return { problem: 'unreadable', detail: error.message };
    throw error;
  }
}

/** It may have been replaced and collected while it was read. */
async function isStillReferenced(
  context: ChunkContext,
  shard: ShardId,
  { object }: ReferencedObject,
): Promise<boolean> {
  try {
    const { records } = await readLifecycleNow(context.shards, shard);
    return referencedObjects(records).some((one) => one.object.name === object.name);
  } catch (error) {
    if (error instanceof ServiceError) return true;
    throw error;
  }
}
