// SPDX-License-Identifier: Apache-2.0
import { shardManifestPrefix } from '../../core/lifecycle/object-names.ts';
import type { ChunkContext } from '../chunks/chunk-context.ts';
import { confirmsLeadership } from './leadership.ts';
import type { LedShard } from './led-shard.ts';
import { ManifestThinning } from './manifest-thinning.ts';
import { ShardCheckpoints } from './shard-checkpoints.ts';
import { ShardManifests } from './shard-manifests.ts';
import { ShardSnapshot } from './shard-snapshot.ts';

const deleteTimeoutMs = 20_000;

/** Keeps what the store says of one shard up to date, while this node leads it in one term. */
export class ShardArchive {
  readonly #context: ChunkContext;
  readonly #manifests: ShardManifests;
  readonly #checkpoints: ShardCheckpoints;
  readonly #thinning: ManifestThinning;
  #led: LedShard;
  #freshAsOfMs: number;
  #isLoaded = false;

  constructor(context: ChunkContext, led: LedShard) {
    this.#context = context;
    this.#led = led;
    this.#manifests = new ShardManifests(context);
    this.#checkpoints = new ShardCheckpoints(context, led);
    this.#thinning = new ManifestThinning(context, shardManifestPrefix(led.clusterId, led.scope.shard));
    this.#freshAsOfMs = context.clock.nowMs();
  }

  /** False when a new archive must begin from what is in the store: another leader may have written there. */
  follow(next: LedShard): boolean {
    const { term, replica, scope } = this.#led;
    if (term !== next.term || replica !== next.replica || scope.slot !== next.scope.slot) return false;
    this.#led = next;
    return true;
  }

  /** V of the newest manifest that is known to be in the store; -1: none. */
  get publishedVersion(): number {
    return this.#manifests.published;
  }

  /** Of the newest checkpoint, whose rows are all that the store knows beside chunks. */
  get checkpointAgeMs(): number {
    return Math.max(0, this.#context.clock.nowMs() - this.#freshAsOfMs);
  }

  /** Publishes the chunk set as it is now. @throws SupersededError, ObjectStoreError */
  async publishManifest(): Promise<void> {
    await this.#withSnapshot(async (snapshot) => this.#manifests.publish(this.#led, snapshot));
    await this.#thinning.published(async () => this.#mayDelete(0));
  }

  /** Takes a checkpoint where something has changed. @throws SupersededError, ObjectStoreError */
  async takeCheckpoint(): Promise<void> {
    await this.#load();
    const nowMs = this.#context.clock.nowMs();
    await this.#withSnapshot(async (snapshot) => {
      await this.#manifests.publish(this.#led, snapshot);
      await this.#checkpoints.take(snapshot);
      this.#freshAsOfMs = nowMs;
      await this.#deleteGarbage(snapshot);
    });
  }

  async #load(): Promise<void> {
    if (this.#isLoaded) return;
    const takenAtMs = await this.#checkpoints.load();
    if (takenAtMs !== undefined) this.#freshAsOfMs = Math.min(this.#freshAsOfMs, takenAtMs);
    this.#isLoaded = true;
  }

  async #withSnapshot(use: (snapshot: ShardSnapshot) => Promise<void>): Promise<void> {
    const snapshot = ShardSnapshot.open(this.#context.reader, this.#led.scope);
    if (snapshot === undefined) return;
    try {
      await use(snapshot);
    } finally {
      snapshot.close();
    }
  }

  /** Unlinked, published, waited: what is left of the collector's order is to be sure that nobody else goes on from before. */
  async #deleteGarbage({ state }: ShardSnapshot): Promise<void> {
    const names = this.#checkpoints.deletable(state.timeMs);
    if (names.length === 0 || !(await this.#mayDelete(state.lifecycleVersion))) return;
    for (const name of names) {
      await this.#context.objects.delete(name, { timeoutMs: deleteTimeoutMs });
      this.#context.observer.count('garbageDeleted');
      this.#checkpoints.deleted(name);
    }
  }

  async #mayDelete(knownVersion: number): Promise<boolean> {
    const { scope, term, clusterId } = this.#led;
    if (!(await confirmsLeadership(this.#context.shards, { shard: scope.shard, term }, knownVersion))) return false;
    await this.#context.supersession.assertNot(clusterId);
    return true;
  }
}
