// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';
import type { CollectedObject, ShardCollection } from '../../ports/chunk-upkeep.ts';
import type { ChunkContext } from './chunk-context.ts';
import type { Collector, GarbageFinding, OrphanFindings } from './collector.ts';
import { readLifecycleNow } from './read-lifecycle-now.ts';

export interface GcJob {
  readonly collector: Collector;
  readonly clusterId: ClusterId;
  readonly shard: ShardId;
  readonly dryRun: boolean;
}

/** Does at once for a shard what the collector does in its own time; any node may. */
export async function collectShard(context: ChunkContext, job: GcJob): Promise<ShardCollection> {
  const { collector, clusterId, shard, dryRun } = job;
  const view = await readLifecycleNow(context.shards, shard);
  await collector.learnPublished(clusterId, shard, view.chunkSetVersion);
  const garbage = collector.findings(shard, view, view.records);
  const orphans = await collector.findOrphans(clusterId, shard);
  const abortedUploads = dryRun ? 0 : await deleteAll(job, garbage, orphans);
  return {
    shard,
    objects: [...garbage.map(garbageObject), ...orphans.due.map(orphanObject)],
    pending: orphans.kept,
    foreign: orphans.foreign,
    abortedUploads,
  };
}

async function deleteAll(
  { collector, clusterId, shard }: GcJob,
  garbage: readonly GarbageFinding[],
  orphans: OrphanFindings,
): Promise<number> {
  let left = garbage.filter(({ wait }) => wait === undefined).map(({ record }) => record.name);
  while (left.length > 0) {
    const deleted = new Set(await collector.collect(clusterId, shard, left));
    // Whatever is not garbage any more has been collected by somebody else.
    if (deleted.size === 0) break;
    left = left.filter((name) => !deleted.has(name));
  }
  await collector.deleteOrphans(clusterId, orphans);
  return collector.abortUploads(clusterId, shard);
}

function garbageObject({ record: { name, sizeBytes }, wait }: GarbageFinding): CollectedObject {
  return { name, sizeBytes, standing: 'garbage', wait };
}

function orphanObject({ name, size }: OrphanFindings['due'][number]): CollectedObject {
  return { name, sizeBytes: size, standing: 'orphan', wait: undefined };
}
