// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';
import { BackgroundWork } from './background-work.ts';
import type { ChunkContext } from './chunk-context.ts';
import type { Collector } from './collector.ts';
import type { WatchedShard } from './shard-watch.ts';

export interface CollectorStanding {
  readonly clusterId: ClusterId;
  readonly leads: ReadonlySet<ShardId>;
}

/** After a failure a shard is left alone for so long. */
const retryAfterMs = 60_000;

/** Runs the collector for the shards that this node leads. Nothing is wrong with two nodes that do it at the same time. */
export class CollectorDriver {
  readonly #context: ChunkContext;
  readonly #collector: Collector;
  readonly #orphansEveryMs: number;
  readonly #work: BackgroundWork;
  /** On the monotonic clock. */
  readonly #restsUntilMs = new Map<ShardId, number>();
  readonly #orphansDueMs = new Map<ShardId, number>();

  constructor(context: ChunkContext, collector: Collector, orphansEveryMs: number) {
    this.#context = context;
    this.#collector = collector;
    this.#orphansEveryMs = orphansEveryMs;
    this.#work = new BackgroundWork(context.observer);
  }

  stop(): void {
    this.#work.stop();
  }

  round(shards: readonly WatchedShard[], { clusterId, leads }: CollectorStanding): void {
    const nowMs = this.#context.clock.monotonicMs();
    for (const { shard, view, records } of shards) {
      // Also where another node leads: whoever leads next should know since when.
      const findings = this.#collector.findings(shard, view, records);
      if (!leads.has(shard) || (this.#restsUntilMs.get(shard) ?? 0) > nowMs) continue;
      const due = findings.filter(({ wait }) => wait === undefined).map(({ record }) => record.name);
      if (due.length > 0) this.#start(shard, 'garbage', async () => this.#collector.collect(clusterId, shard, due));
      if (!this.#areOrphansDue(shard, nowMs)) continue;
      this.#start(shard, 'orphans', async () => {
        await this.#collector.abortUploads(clusterId, shard);
        await this.#collector.deleteOrphans(clusterId, await this.#collector.findOrphans(clusterId, shard));
      });
    }
  }

  #areOrphansDue(shard: ShardId, nowMs: number): boolean {
    const dueMs = this.#orphansDueMs.get(shard);
    if (dueMs !== undefined && dueMs > nowMs) return false;
    this.#orphansDueMs.set(shard, nowMs + this.#orphansEveryMs);
    return true;
  }

  #start(shard: ShardId, what: string, work: () => Promise<unknown>): void {
    this.#work.start(`collecting ${what} of shard ${shard}`, async () => {
      try {
        await work();
      } catch (error) {
        this.#restsUntilMs.set(shard, this.#context.clock.monotonicMs() + retryAfterMs);
        throw error;
      }
    });
  }
}
