// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, NodeId, ShardId } from '@shortlink/common/ids.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import { runsOf } from '../../core/lifecycle/chunk-set.ts';
import type { MergePolicy } from '../../core/lifecycle/merge-plan.ts';
import { planMergeWork } from '../../core/lifecycle/plan-merge-work.ts';
import type { MergeWork } from '../../core/lifecycle/plan-merge-work.ts';
import type { ChunkFormat, Placement } from '../../core/lifecycle/types.ts';
import { place } from '../../core/placement/place.ts';
import type { Ring } from '../../core/placement/ring.ts';
import type { Command } from '../../core/statemachine/commands.ts';
import { BackgroundWork } from './background-work.ts';
import type { ChunkContext } from './chunk-context.ts';
import { verifyMerge } from './merge-verify-work.ts';
import { mergeChunks } from './merge-work.ts';
import { ObjectMissingError } from './object-source.ts';
import type { ShardWatch, WatchedShard } from './shard-watch.ts';

export interface MergeSettings {
  readonly policy: MergePolicy;
  readonly format: ChunkFormat;
  /** After a failure a shard is left alone for so long. */
  readonly retryAfterMs: number;
}

export interface MergeStanding {
  readonly clusterId: ClusterId;
  readonly self: NodeId;
  readonly leads: ReadonlySet<ShardId>;
  readonly ring: Ring;
  readonly placement: Placement;
}

const proposeTimeoutMs = 5000;

/** Keeps the candidates of a key few: begins merges, does those of this node, and reads those of others again. */
export class MergeDriver {
  readonly #context: ChunkContext;
  readonly #settings: MergeSettings;
  readonly #watch: ShardWatch;
  readonly #merges: BackgroundWork;
  readonly #readings: BackgroundWork;
  /** Merges that this node has read again and found right. */
  readonly #verified = new Map<ShardId, number>();
  /** On the monotonic clock. */
  readonly #restsUntilMs = new Map<ShardId, number>();
  /** Shards whose last attempt read bytes that were wrong: the next one trusts the object store only. */
  readonly #disappointed = new Set<ShardId>();
  /** Of the lifecycle version at which no merge was due: nothing has changed until that one does. */
  readonly #idleAt = new Map<ShardId, number>();
  #stopped = false;

  constructor(context: ChunkContext, watch: ShardWatch, settings: MergeSettings) {
    this.#context = context;
    this.#watch = watch;
    this.#settings = settings;
    this.#merges = new BackgroundWork(context.observer);
    this.#readings = new BackgroundWork(context.observer);
  }

  stop(): void {
    this.#stopped = true;
    this.#merges.stop();
    this.#readings.stop();
  }

  async round(shards: readonly WatchedShard[], standing: MergeStanding): Promise<void> {
    for (const watched of shards) {
      if (this.#rests(watched.shard)) continue;
      const work = this.#plan(watched, standing);
      if (work !== undefined) await this.#do(watched, work, standing);
    }
  }

  #plan({ shard, view, records }: WatchedShard, standing: MergeStanding): MergeWork | undefined {
    const { self, ring, placement, leads } = standing;
    const { merge } = records;
    const mayBegin = merge === undefined && leads.has(shard) && this.#idleAt.get(shard) !== view.lifecycleVersion;
    if (merge === undefined && !mayBegin) return undefined;
    const work = planMergeWork({
      self,
      isLeader: leads.has(shard),
      chunkSetVersion: view.chunkSetVersion,
      runs: mayBegin ? runsOf(records.chunks) : [],
      merge,
      policy: this.#settings.policy,
      placement,
      readers: merge === undefined ? [] : place(ring, `merge ${merge.id} of ${shard}`, placement.nodes.length),
      verified: this.#verified.get(shard),
      nowMs: this.#context.clock.nowMs(),
    });
    if (mayBegin && work === undefined) this.#idleAt.set(shard, view.lifecycleVersion);
    return work;
  }

  async #do(watched: WatchedShard, work: MergeWork, { clusterId }: MergeStanding): Promise<void> {
    const { shard } = watched;
    if (work.kind === 'propose') return this.#propose(shard, work.command);
    const { record } = work;
    const { policy, format } = this.#settings;
    const sources = {
      record,
      chunks: watched.records.chunks,
      fromStore: this.#disappointed.has(shard),
      isWanted: () => this.#isPending(shard, record.id),
    };
    const name = `${work.kind === 'merge' ? 'merge' : 'reading again of merge'} ${record.id} of shard ${shard}`;
    if (work.kind === 'merge') {
      const job = { ...sources, clusterId, shard, policy, format };
      this.#merges.start(name, async () => this.#orRest(shard, async () => mergeChunks(this.#context, job)));
      return;
    }
    this.#readings.start(name, async () =>
      this.#orRest(shard, async () => {
        const flaw = await verifyMerge(this.#context, sources, work.result);
        if (flaw === undefined) {
          this.#verified.set(shard, record.id);
          return this.#context.observer.count('mergeVerified');
        }
        this.#context.observer.count('corrupt');
        this.#context.observer.failed(name, new Error(flaw));
        await this.#propose(shard, { type: 'mergeAbandoned', merge: record.id });
      }),
    );
  }

  /** A merge that cannot be done now is not tried again at once: each attempt costs entries and reads. */
  async #orRest(shard: ShardId, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#disappointed.delete(shard);
    } catch (error) {
      // The other way each time: it may be a near copy that is wrong, or the object.
      if (error instanceof ChunkCorruptError || error instanceof ObjectMissingError) this.#turnTo(shard);
      this.#restsUntilMs.set(shard, this.#context.clock.monotonicMs() + this.#settings.retryAfterMs);
      throw error;
    }
  }

  #turnTo(shard: ShardId): void {
    if (!this.#disappointed.delete(shard)) this.#disappointed.add(shard);
  }

  #rests(shard: ShardId): boolean {
    return (this.#restsUntilMs.get(shard) ?? 0) > this.#context.clock.monotonicMs();
  }

  #isPending(shard: ShardId, id: number): boolean {
    const latest = this.#watch.latest.find((one) => one.shard === shard);
    return !this.#stopped && latest?.records.merge?.id === id;
  }

  async #propose(shard: ShardId, command: Command): Promise<void> {
    try {
      await this.#context.shards.write(shard, [command], { timeoutMs: proposeTimeoutMs });
    } catch (error) {
      // The next round sees whether it happened.
      if (!(error instanceof ServiceError)) throw error;
    }
  }
}
