// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import type { ChunkEvent, ChunkObserver } from '../engine/chunks/chunk-context.ts';
import type { StoreTrouble } from '../engine/chunks/store-trouble.ts';
import { candidatesMax } from '../core/lifecycle/chunk-set.ts';
import type { LifecycleRecords } from '../core/lifecycle/view.ts';
import { chunkTotals, objectsOf } from '../engine/chunks/holder.ts';
import type { WatchedShard } from '../engine/chunks/shard-watch.ts';
import type { ChunkCounts } from '../ports/ring-report.ts';
import type { ShardScrub } from '../ports/chunk-upkeep.ts';
import type { NodeHeartbeat } from '../ports/peers.ts';
import type { MetricsSink } from '../telemetry/sink.ts';

interface ChunkMeters {
  readonly observer: ChunkObserver;
  readonly onSuperseded: (message: string) => void;
}

export interface ChunkStanding {
  readonly self: NodeId;
  /** What heartbeats should say of this node. */
  readonly onFacts: (facts: NodeHeartbeat, counts: ChunkCounts) => void;
  readonly trouble: StoreTrouble;
}

/** What has put something into the object store. */
const writes: ReadonlySet<ChunkEvent> = new Set(['exported', 'merged', 'manifestPublished', 'checkpointTaken']);

/** Turns what work on chunks reports into metrics and log lines. */
export function meteredChunks(
  metrics: MetricsSink,
  logger: Logger,
  { self, onFacts, trouble }: ChunkStanding,
): ChunkMeters {
  const shards = new Set<string>();
  let chunkProblem: string | undefined;
  let led: ReadonlySet<ShardId> = new Set();
  metrics.set('shortlink_node_superseded', 0);
  return {
    observer: {
      count: (event: ChunkEvent, bytes = 0) => {
        metrics.add('shortlink_node_chunk_events_total', 1, { event });
        if (bytes > 0) metrics.add('shortlink_node_chunk_bytes_total', bytes, { event });
        if (event === 'diskFull') chunkProblem = 'the disk has no room for more copies of chunks; reads go elsewhere';
        if (event === 'fetched') chunkProblem = undefined;
        if (writes.has(event)) trouble.written();
        if (event === 'corrupt') logger.error({}, 'a chunk is not what was written; it is made or copied again');
      },
      failed: (work, error) => {
        metrics.add('shortlink_node_chunk_failures_total', 1);
        trouble.failed(work, error);
        logger.warn({ err: error }, `${work} failed; it will be tried again`);
      },
      done: (work) => trouble.done(work),
      checkpointAges: (agesMs) => {
        for (const shard of led) if (!agesMs.has(shard)) forgetAge(metrics, shard);
        led = new Set(agesMs.keys());
        for (const [shard, ageMs] of agesMs)
          metrics.set('shortlink_node_checkpoint_age_seconds', ageMs / 1000, { shard: String(shard) });
      },
      scrubbed: (scrubs) => publishScrub(metrics, scrubs),
      round: ({ shards: watched, ring, placement }) => {
        const present = new Set(watched.map(({ shard }) => String(shard)));
        for (const one of watched) publishShard(metrics, one);
        for (const gone of shards) if (!present.has(gone)) forgetShard(metrics, gone);
        shards.clear();
        for (const shard of present) shards.add(shard);
        publishTotals(metrics, watched);
        const held = watched.flatMap(objectsOf).filter(({ holders }) => holders.includes(self));
        metrics.set('shortlink_node_chunks_held', held.length);
        const chunkBytes = held.reduce((sum, { object }) => sum + object.sizeBytes, 0);
        const counts = chunkTotals(watched, ring, placement);
        const facts = { chunksHeld: held.length, chunkBytes, diskFreeBytes: undefined };
        onFacts({ ...facts, chunkProblem, storeProblem: trouble.text }, counts);
        metrics.set('shortlink_node_chunks_under_replicated', counts.underReplicated);
        metrics.set('shortlink_node_chunks_moving', counts.moving);
      },
    },
    onSuperseded: (message) => {
      metrics.set('shortlink_node_superseded', 1);
      logger.error({}, message);
    },
  };
}

function forgetAge(metrics: MetricsSink, shard: ShardId): void {
  metrics.remove('shortlink_node_checkpoint_age_seconds', { shard: String(shard) });
}

function publishShard(metrics: MetricsSink, { shard, view, records }: WatchedShard): void {
  const labels = { shard: String(shard) };
  const sum = (pick: 'rows' | 'bytes'): number => view.generations.reduce((total, one) => total + one[pick], 0);
  metrics.set('shortlink_node_hot_keys', sum('rows'), labels);
  metrics.set('shortlink_node_hot_bytes', sum('bytes'), labels);
  metrics.set('shortlink_node_generations_waiting', view.generations.length - 1, labels);
  const { candidates, rewrites } = mergingOf(records);
  metrics.set('shortlink_node_chunk_candidates', candidates, labels);
  metrics.set('shortlink_node_chunk_rewrites', rewrites, labels);
}

function publishScrub(metrics: MetricsSink, shards: readonly ShardScrub[]): void {
  const findings = shards.flatMap((one) => one.findings);
  for (const result of ['missing', 'corrupt', 'extra', 'unreadable'] as const) {
    const found = findings.filter(({ problem }) => problem === result).length;
    metrics.set('shortlink_node_chunk_scrub_objects', found, { result });
  }
  const checked = shards.reduce((sum, { checkedObjects }) => sum + checkedObjects, 0);
  const wrong = findings.filter(({ problem }) => problem !== 'extra').length;
  metrics.set('shortlink_node_chunk_scrub_objects', checked - wrong, { result: 'right' });
  metrics.set('shortlink_node_chunk_scrub_seconds', Date.now() / 1000);
}

interface Merging {
  readonly candidates: number;
  readonly rewrites: number;
}

/** Sorting all chunks takes a while, and rounds are many: once for each change of the records. */
const mergingByRecords = new WeakMap<LifecycleRecords, Merging>();

function mergingOf(records: LifecycleRecords): Merging {
  const known = mergingByRecords.get(records);
  if (known !== undefined) return known;
  const { chunks } = records;
  const bytes = chunks.reduce((sum, { object }) => sum + object.sizeBytes, 0);
  const rewritten = chunks.reduce((sum, { object, level }) => sum + object.sizeBytes * level, 0);
  const merging = { candidates: candidatesMax(chunks), rewrites: bytes === 0 ? 0 : rewritten / bytes };
  mergingByRecords.set(records, merging);
  return merging;
}

function forgetShard(metrics: MetricsSink, shard: string): void {
  metrics.remove('shortlink_node_hot_keys', { shard });
  metrics.remove('shortlink_node_hot_bytes', { shard });
  metrics.remove('shortlink_node_generations_waiting', { shard });
  metrics.remove('shortlink_node_chunk_candidates', { shard });
  metrics.remove('shortlink_node_chunk_rewrites', { shard });
}

function publishTotals(metrics: MetricsSink, shards: readonly WatchedShard[]): void {
  const states = shards.flatMap(({ view }) => view.generations.map(({ state }) => state));
  for (const state of ['sealed', 'exported', 'placed'] as const) {
    metrics.set('shortlink_node_chunks', states.filter((one) => one === state).length, { state });
  }
  const retired = shards.reduce((sum, { records }) => sum + records.chunks.length, 0);
  metrics.set('shortlink_node_chunks', retired, { state: 'retired' });
  const garbage = shards.flatMap(({ records }) => records.garbage);
  metrics.set('shortlink_node_chunks', garbage.length, { state: 'garbage' });
  const garbageBytes = garbage.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  metrics.set('shortlink_node_chunk_garbage_bytes', garbageBytes);
}
