// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, NodeId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import type { ReplicaId } from '@shortlink/common/ids.ts';
import type { ShardScope } from '../../core/statemachine/keys.ts';
import { BackgroundWork, type WorkObserver } from '../chunks/background-work.ts';
import type { ChunkContext } from '../chunks/chunk-context.ts';
import { ClusterManifests } from './cluster-manifests.ts';
import type { LedShard } from './led-shard.ts';
import { ShardArchive } from './shard-archive.ts';
import { SupersededError } from './supersession.ts';

/** What this node is in the cluster, at the beginning of a round. */
export interface ArchiveStanding {
  readonly self: NodeId;
  readonly map: ClusterMap;
  /** Terms of the groups that it leads. */
  readonly terms: ReadonlyMap<ShardId, number>;
  readonly replicas: ReadonlyMap<ShardId, { readonly replica: ReplicaId; readonly scope: ShardScope }>;
  /** V of the shards that were seen. */
  readonly versions: ReadonlyMap<ShardId, number>;
}

/** Shards are looked after in so many lanes: a slow answer holds up its own lane only. Each may hold parts of one upload in memory. */
const lanes = 4;
/** After a failure a checkpoint is tried again sooner than one is due. */
const retryMs = 5000;

/**
 * Keeps the object store in such a state that the cluster can be made again from it alone: a manifest for each map and each
 * chunk set, and checkpoints of what is in no chunk yet. Works for the shards that this node leads, in rounds.
 */
export class Archivist {
  readonly #context: ChunkContext;
  readonly #checkpointEveryMs: number;
  /** One for the cluster, then the lanes: what concerns one shard is done one after the other. */
  readonly #work: readonly BackgroundWork[];
  readonly #cluster: ClusterManifests;
  readonly #archives = new Map<ShardId, ShardArchive>();
  readonly #dueAtMs = new Map<ShardId, number>();
  #markDueAtMs = 0;

  constructor(context: ChunkContext, checkpointEveryMs: number) {
    this.#context = context;
    this.#checkpointEveryMs = checkpointEveryMs;
    const observer: WorkObserver = {
      failed: (name, error) => {
        if (!(error instanceof SupersededError)) context.observer.failed(name, error);
      },
      done: (name) => context.observer.done(name),
    };
    this.#work = Array.from({ length: lanes + 1 }, () => new BackgroundWork(observer));
    this.#cluster = new ClusterManifests(context);
  }

  /** V of the newest manifest of a shard that is known to be in the store, by its leader; undefined for others. */
  publishedVersion(shard: ShardId): number | undefined {
    return this.#archives.get(shard)?.publishedVersion;
  }

  stop(): void {
    for (const work of this.#work) work.stop();
  }

  /** Begins what is due; returns at once. */
  round(standing: ArchiveStanding): void {
    this.#follow(standing);
    if (this.#context.supersession.message !== undefined) return;
    this.#lookForMark(standing.map.clusterId);
    if (this.#context.mayWrite()) this.#beginWhatIsDue(standing);
    this.#context.observer.checkpointAges(
      new Map([...this.#archives].map(([shard, { checkpointAgeMs }]) => [shard, checkpointAgeMs])),
    );
  }

  #beginWhatIsDue({ map, terms, versions }: ArchiveStanding): void {
    if (terms.has(metaShardId) && this.#cluster.isDue(map))
      this.#start(undefined, `publishing map ${map.epoch}`, async () => this.#cluster.publish(map));
    const nowMs = this.#context.clock.monotonicMs();
    for (const [shard, archive] of this.#archives) {
      if ((versions.get(shard) ?? 0) > archive.publishedVersion || archive.publishedVersion < 0)
        this.#start(shard, `publishing the chunk set of shard ${shard}`, async () => archive.publishManifest());
      if (nowMs >= (this.#dueAtMs.get(shard) ?? 0))
        this.#start(shard, `the checkpoint of shard ${shard}`, async () => this.#checkpoint(shard, archive));
    }
  }

  /** Also a node that leads nothing, or nothing that changes, is to say what has happened. */
  #lookForMark(clusterId: ClusterId): void {
    const { clock, supersession } = this.#context;
    if (clock.monotonicMs() < this.#markDueAtMs) return;
    this.#markDueAtMs = clock.monotonicMs() + this.#checkpointEveryMs;
    this.#start(undefined, 'looking for a mark that the cluster was superseded', async () =>
      supersession.assertNot(clusterId),
    );
  }

  #start(shard: ShardId | undefined, name: string, work: () => Promise<void>): void {
    const lane = shard === undefined ? 0 : 1 + (shard % lanes);
    this.#work[lane]?.start(name, work);
  }

  async #checkpoint(shard: ShardId, archive: ShardArchive): Promise<void> {
    const startMs = this.#context.clock.monotonicMs();
    this.#dueAtMs.set(shard, startMs + Math.min(retryMs, this.#checkpointEveryMs));
    await archive.takeCheckpoint();
    this.#dueAtMs.set(shard, startMs + this.#checkpointEveryMs);
  }

  /** One archive for each shard and term that this node leads in. */
  #follow({ self, map, terms, replicas }: ArchiveStanding): void {
    const led = new Set<ShardId>();
    for (const info of map.shards) {
      const term = terms.get(info.id);
      const local = replicas.get(info.id);
      if (term === undefined || local === undefined) continue;
      led.add(info.id);
      const next: LedShard = { clusterId: map.clusterId, node: self, term, ...local, info, policy: map.policy };
      const goesOn = this.#archives.get(info.id)?.follow(next) === true;
      if (!goesOn) this.#archives.set(info.id, new ShardArchive(this.#context, next));
    }
    for (const shard of this.#archives.keys()) {
      if (led.has(shard)) continue;
      this.#archives.delete(shard);
      this.#dueAtMs.delete(shard);
    }
  }
}
