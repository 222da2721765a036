// SPDX-License-Identifier: Apache-2.0
import type { ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import { ringMembers } from '../../core/cluster/cluster-map.ts';
import { planLifecycle } from '../../core/lifecycle/plan.ts';
import type { ChunkPolicy, LifecycleWork } from '../../core/lifecycle/plan.ts';
import type { LifecycleView } from '../../core/lifecycle/view.ts';
import { buildRing } from '../../core/placement/ring.ts';
import type { Ring } from '../../core/placement/ring.ts';
import type { Command } from '../../core/statemachine/commands.ts';
import type { ShardScope } from '../../core/statemachine/keys.ts';
import { Archivist } from '../archive/archivist.ts';
import { termsLed } from '../archive/leadership.ts';
import { readReplicaRecords } from '../storage/directory.ts';
import { Collector } from './collector.ts';
import type { CollectorSettings } from './collector.ts';
import { CollectorDriver } from './collector-driver.ts';
import { BackgroundWork } from './background-work.ts';
import type { ChunkContext } from './chunk-context.ts';
import { digestOfGeneration } from './digest-work.ts';
import { exportGeneration } from './export-work.ts';
import { readBackObject } from './readback-work.ts';
import { planHolding } from './holder.ts';
import { fetchChunk } from './fetch-work.ts';
import { MergeDriver } from './merge-driver.ts';
import type { MergeSettings, MergeStanding } from './merge-driver.ts';
import { ShardWatch } from './shard-watch.ts';
import type { WatchedShard } from './shard-watch.ts';

export interface ChunkDriverSettings {
  readonly policy: ChunkPolicy;
  readonly merges: Omit<MergeSettings, 'format'>;
  readonly collector: CollectorSettings;
  readonly redundancy: number;
  /** Pause between two checkpoints of a shard. */
  readonly checkpointEveryMs: number;
  readonly roundMs: number;
}

const statusTimeoutMs = 3000;
const proposeTimeoutMs = 5000;
/** A listing of a shard's objects; there are few orphans, and none of them is in a hurry. */
const orphansEveryMaxMs = 60 * 60_000;

/** What this node is in the cluster, at the beginning of a round. */
interface Standing extends MergeStanding {
  readonly map: ClusterMap;
  readonly terms: ReadonlyMap<ShardId, number>;
  readonly replicas: ReadonlyMap<ShardId, { readonly replica: ReplicaId; readonly scope: ShardScope }>;
}

/**
 * Moves generations on their way and keeps the copies that the ring wants, in rounds of observe → plan → act. Everything it
 * proposes names what it expects, so rounds of several nodes, late ones and repeated ones do no harm.
 */
export class ChunkDriver {
  readonly watch: ShardWatch;
  readonly archivist: Archivist;
  readonly collector: Collector;
  readonly #context: ChunkContext;
  readonly #settings: ChunkDriverSettings;
  /** Digests, exports and read-backs: they compute, one after the other. */
  readonly #work: BackgroundWork;
  /** Copies from the store to this disk. */
  readonly #fetches: BackgroundWork;
  readonly #merges: MergeDriver;
  readonly #collections: CollectorDriver;
  /** When rows were first seen in the active generation of a shard. */
  readonly #activeSince = new Map<ShardId, { readonly generation: number; readonly sinceMs: number }>();
  #ring: Ring | undefined;
  #stopped = false;
  #cancelTimer: () => void = () => {};

  constructor(context: ChunkContext, settings: ChunkDriverSettings) {
    this.#context = context;
    this.#settings = settings;
    this.watch = new ShardWatch(context.shards);
    this.archivist = new Archivist(context, settings.checkpointEveryMs);
    this.#work = new BackgroundWork(context.observer);
    this.#fetches = new BackgroundWork(context.observer);
    this.collector = new Collector(context, this.archivist, settings.collector);
    const orphansEveryMs = Math.min(orphansEveryMaxMs, settings.collector.orphanMinAgeMs);
    this.#collections = new CollectorDriver(context, this.collector, orphansEveryMs);
    this.#merges = new MergeDriver(context, this.watch, { ...settings.merges, format: settings.policy.format });
  }

  start(): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#context.timers.after(this.#settings.roundMs, () => {
      void this.round().then(() => this.start(), this.#context.onFatal);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#work.stop();
    this.#fetches.stop();
    this.#merges.stop();
    this.archivist.stop();
    this.#collections.stop();
  }

  async round(): Promise<void> {
    const standing = await this.#standing();
    if (standing === undefined) return;
    const shards = await this.watch.look();
    const versions = new Map(shards.map(({ shard, view }) => [shard, view.chunkSetVersion]));
    this.archivist.round({ ...standing, versions });
    // What has been superseded keeps what it has where it is.
    if (this.#context.supersession.message === undefined) {
      for (const watched of shards) await this.#moveOn(watched, standing);
      if (this.#context.mayWrite()) {
        await this.#merges.round(shards, standing);
        this.#collections.round(shards, standing);
      }
    }
    await this.#hold(shards, standing);
    this.#context.observer.round({ shards, ring: standing.ring, placement: standing.placement });
  }

  async #standing(): Promise<Standing | undefined> {
    const map = this.#context.shards.map();
    const status = await this.#context.shards.admin({ type: 'status' }, { timeoutMs: statusTimeoutMs }).catch(ignored);
    if (map === undefined || status?.type !== 'status' || status.status.nodeId === undefined) return undefined;
    const { nodeId: self, leaders, replicas: running } = status.status;
    const members = ringMembers(map.nodes);
    if (members.length === 0) return undefined;
    if (this.#ring?.epoch !== map.ringEpoch) this.#ring = buildRing(map.ringEpoch, members);
    const replicas = readReplicaRecords(this.#context.reader).flatMap(({ shard, replicaId: replica, slot }) =>
      replica === undefined ? [] : [[shard, { replica, scope: { shard, slot } }] as const],
    );
    return {
      self,
      map,
      clusterId: map.clusterId,
      leads: new Set(leaders.filter(({ nodeId }) => nodeId === self).map(({ shard }) => shard)),
      terms: termsLed(running),
      replicas: new Map(replicas),
      ring: this.#ring,
      placement: {
        ringEpoch: map.ringEpoch,
        nodes: members.map(({ id }) => id),
        redundancy: this.#settings.redundancy,
      },
    };
  }

  /** On the monotonic clock, since this process saw it; the generation of before does not count. */
  #activeForMs(shard: ShardId, { generations: [active] }: LifecycleView): number {
    const nowMs = this.#context.clock.monotonicMs();
    if (active === undefined || active.rows === 0) return 0;
    const known = this.#activeSince.get(shard);
    if (known?.generation === active.id) return nowMs - known.sinceMs;
    this.#activeSince.set(shard, { generation: active.id, sinceMs: nowMs });
    return 0;
  }

  async #moveOn(watched: WatchedShard, standing: Standing): Promise<void> {
    const { shard, view, records } = watched;
    const local = standing.replicas.get(shard);
    const work = planLifecycle({
      view,
      records: records.generations,
      isLeader: standing.leads.has(shard),
      replica: local?.replica,
      policy: this.#settings.policy,
      placement: standing.placement,
      nowMs: this.#context.clock.nowMs(),
      activeForMs: this.#activeForMs(shard, view),
    });
    for (const next of work) await this.#do(shard, next, { standing, local });
  }

  async #do(
    shard: ShardId,
    work: LifecycleWork,
    {
      standing,
      local,
    }: { readonly standing: Standing; readonly local: { replica: ReplicaId; scope: ShardScope } | undefined },
  ): Promise<void> {
    const context = this.#context;
    if (work.kind === 'propose') return this.#propose(shard, work.command);
    const { record } = work;
    const name = `${work.kind} of generation ${record.id} of shard ${shard}`;
    if (work.kind === 'readback') return this.#work.start(name, async () => readBackObject(context, shard, record));
    if (local === undefined) return;
    const { scope, replica } = local;
    if (work.kind === 'digest') {
      this.#work.start(name, async () => {
        const digest = await digestOfGeneration(context, scope, record);
        if (digest !== undefined)
          await this.#propose(shard, { type: 'digest', generation: record.id, replica, digest });
      });
      return;
    }
    if (!context.mayWrite()) return;
    const { clusterId } = standing.map;
    this.#work.start(name, async () => exportGeneration(context, { clusterId, node: standing.self, scope }, record));
  }

  async #hold(shards: readonly WatchedShard[], standing: Standing): Promise<void> {
    const { files } = this.#context;
    const here = new Set((await files.list()).map(({ name }) => name));
    const { self, ring, placement } = standing;
    const plan = planHolding({ self, ring, placement, shards, files: here });
    for (const held of plan.downloads) {
      this.#fetches.start(held.object.name, async () => fetchChunk(this.#context, held));
    }
    for (const { shard, holds, drops } of plan.reports) {
      await this.#report(shard, { type: 'holdings', node: self, holds, drops, placement });
    }
    const allSeen = shards.length === standing.map.shards.length;
    if (allSeen) await this.#dropUnknown(plan.unknown, standing);
  }

  /** A copy may go once its shard has granted that: until then others count on it. */
  async #report(shard: ShardId, report: Extract<Command, { readonly type: 'holdings' }>): Promise<void> {
    const results = await this.#context.shards.write(shard, [report], { timeoutMs: proposeTimeoutMs }).catch(ignored);
    const result = results?.[0];
    if (result?.kind !== 'holdings') return;
    for (const name of report.drops) if (!result.kept.includes(name)) await this.#context.dropCopy(name);
  }

  /** Every shard that this name could belong to must say that it knows nothing of it. */
  async #dropUnknown(names: readonly string[], { self, map, placement }: Standing): Promise<void> {
    if (names.length === 0) return;
    let unknown = names;
    for (const { id } of map.shards) {
      const report: Command = { type: 'holdings', node: self, holds: [], drops: unknown, placement };
      const results = await this.#context.shards.write(id, [report], { timeoutMs: proposeTimeoutMs }).catch(ignored);
      const result = results?.[0];
      if (result?.kind !== 'holdings') return;
      unknown = unknown.filter((name) => !result.kept.includes(name));
    }
    for (const name of unknown) await this.#context.dropCopy(name);
  }

  async #propose(shard: ShardId, command: Command): Promise<void> {
    await this.#context.shards.write(shard, [command], { timeoutMs: proposeTimeoutMs }).catch(ignored);
  }
}

/** The next round sees whether it happened. */
function ignored(error: unknown): undefined {
  if (error instanceof ServiceError) return undefined;
  throw error;
}
