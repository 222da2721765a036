// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import { confirmedGarbage, garbageWait } from '../../core/lifecycle/garbage-plan.ts';
import type { GarbageWait } from '../../core/lifecycle/garbage-plan.ts';
import { chunkPrefix, shardManifestName } from '../../core/lifecycle/object-names.ts';
import { standingsOf } from '../../core/lifecycle/object-standing.ts';
import type { FullLifecycle } from '../../core/lifecycle/object-standing.ts';
import type { GarbageRecord } from '../../core/lifecycle/types.ts';
import type { LifecycleRecords, LifecycleView } from '../../core/lifecycle/view.ts';
import type { ObjectInfo } from '../../ports/object-store.ts';
import type { ChunkContext } from './chunk-context.ts';
import { readLifecycleNow } from './read-lifecycle-now.ts';

export interface CollectorSettings {
  readonly minAgeMs: number;
  /** For objects that no record names: longer than any upload takes, with room for clocks that differ. */
  readonly orphanMinAgeMs: number;
}

/** What is known of the manifests of shards. */
export interface PublishedVersions {
  /** V of the newest manifest that is known to be in the store; undefined where this node knows nothing of it. */
  publishedVersion(shard: ShardId): number | undefined;
}

/** An object that was unlinked, and what it waits for; undefined: nothing, it is deleted (or would be). */
export interface GarbageFinding {
  readonly record: GarbageRecord;
  readonly wait: GarbageWait;
}

/** What lies below the prefix of a shard and is not on record. */
export interface OrphanFindings {
  /** No entry can refer to them, and they are old enough. */
  readonly due: readonly ObjectInfo[];
  /** Too young, or an entry may still refer to them. */
  readonly kept: number;
  /** Names that are none of ours: nobody touches them. */
  readonly foreign: number;
}

/** Objects that one call deletes at most; the next one goes on. */
const batchMax = 100;
const deleteTimeoutMs = 20_000;
const listTimeoutMs = 30_000;
const forgetTimeoutMs = 10_000;

/**
 * Deletes objects that nothing refers to, in the order that keeps every reader safe: they were unlinked in Raft long ago,
 * the manifest says so, and a leader that still leads has confirmed it. What is to be deleted follows from records, never
 * from what a listing lacks.
 */
export class Collector {
  readonly #context: ChunkContext;
  readonly #published: PublishedVersions;
  readonly #settings: CollectorSettings;
  /** V of manifests that were looked for, of shards that other nodes lead. */
  readonly #foundVersions = new Map<ShardId, number>();
  /** When garbage was first seen, on the monotonic clock, by shard and name. */
  readonly #seenMs = new Map<ShardId, ReadonlyMap<string, number>>();

  constructor(context: ChunkContext, published: PublishedVersions, settings: CollectorSettings) {
    this.#context = context;
    this.#published = published;
    this.#settings = settings;
  }

  /** What is garbage in a shard, by the records given; remembers since when it is known. */
  findings(shard: ShardId, view: Pick<LifecycleView, 'timeMs'>, records: LifecycleRecords): GarbageFinding[] {
    const nowMs = this.#context.clock.monotonicMs();
    const before = this.#seenMs.get(shard);
    const seen = new Map(records.garbage.map(({ name }) => [name, before?.get(name) ?? nowMs]));
    this.#seenMs.set(shard, seen);
    const known = this.#published.publishedVersion(shard) ?? this.#foundVersions.get(shard) ?? -1;
    const rule = {
      minAgeMs: this.#settings.minAgeMs,
      knownForMs: (name: string): number => nowMs - (seen.get(name) ?? nowMs),
      isPublished: (version: number): boolean => version <= known,
    };
    return records.garbage.map((record) => ({ record, wait: garbageWait(record, view, rule) }));
  }

  /** Looks whether the manifest of a shard's chunk set is in the store, where another node has published it. */
  async learnPublished(clusterId: ClusterId, shard: ShardId, chunkSetVersion: number): Promise<void> {
    if ((this.#foundVersions.get(shard) ?? -1) >= chunkSetVersion) return;
    const name = shardManifestName(clusterId, shard, chunkSetVersion);
    const head = await this.#context.objects.head(name, { timeoutMs: listTimeoutMs });
    if (head !== undefined) this.#foundVersions.set(shard, chunkSetVersion);
  }

  /** Deletes objects that were found due, at most a batch of them. @returns their names. */
  async collect(clusterId: ClusterId, shard: ShardId, names: readonly string[]): Promise<readonly string[]> {
    if (names.length === 0) return [];
    const { records } = await readLifecycleNow(this.#context.shards, shard);
    const confirmed = confirmedGarbage(names.slice(0, batchMax), records);
    await this.#deleteAll(clusterId, confirmed);
    if (confirmed.length === 0) return [];
    await this.#context.shards.write(shard, [{ type: 'forget', objects: confirmed }], { timeoutMs: forgetTimeoutMs });
    for (const _ of confirmed) this.#context.observer.count('collected');
    return confirmed;
  }

  /** Looks through everything below the prefix of a shard. */
  async findOrphans(clusterId: ClusterId, shard: ShardId): Promise<OrphanFindings> {
    const listed = await this.#list(chunkPrefix(clusterId, shard));
    // After the listing: whatever is in it was begun by an entry that this sees.
    const view = await readLifecycleNow(this.#context.shards, shard);
    return this.#judge({ clusterId, shard }, listed, view);
  }

  async deleteOrphans(clusterId: ClusterId, { due }: OrphanFindings): Promise<void> {
    await this.#deleteAll(
      clusterId,
      due.map(({ name }) => name),
    );
    for (const _ of due) this.#context.observer.count('orphanDeleted');
  }

  /** Uploads that somebody left behind in the middle. @returns how many were aborted. */
  async abortUploads(clusterId: ClusterId, shard: ShardId): Promise<number> {
    await this.#context.supersession.assertNot(clusterId);
    const stale = { prefix: chunkPrefix(clusterId, shard), startedBeforeMs: this.#bornBeforeMs() };
    const aborted = await this.#context.objects.abortUploads(stale, { timeoutMs: listTimeoutMs });
    return aborted.length;
  }

  #judge(
    place: { readonly clusterId: ClusterId; readonly shard: ShardId },
    listed: readonly ObjectInfo[],
    view: FullLifecycle,
  ): OrphanFindings {
    const standingOf = standingsOf(place, view);
    const due: ObjectInfo[] = [];
    let kept = 0;
    let foreign = 0;
    for (const object of listed) {
      const standing = standingOf(object.name);
      if (standing === 'foreign') foreign++;
      if (standing === 'pending') kept++;
      if (standing !== 'orphan') continue;
      if (object.modifiedMs < this.#bornBeforeMs()) due.push(object);
      else kept++;
    }
    return { due, kept, foreign };
  }

  #bornBeforeMs(): number {
    return this.#context.clock.nowMs() - this.#settings.orphanMinAgeMs;
  }

  async #list(prefix: string): Promise<ObjectInfo[]> {
    const found: ObjectInfo[] = [];
    let cursor: string | undefined;
    do {
      await this.#context.breathe();
      const query = { prefix, limit: limits.objectListMaxNames, cursor };
      const page = await this.#context.objects.list(query, { timeoutMs: listTimeoutMs });
      found.push(...page.objects);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return found;
  }

  async #deleteAll(clusterId: ClusterId, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.#context.supersession.assertNot(clusterId);
    for (const name of names) {
      await this.#context.breathe();
      await this.#context.objects.delete(name, { timeoutMs: deleteTimeoutMs });
    }
  }
}
