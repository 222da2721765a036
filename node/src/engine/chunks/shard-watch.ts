// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { LifecycleRecords, LifecycleView } from '../../core/lifecycle/view.ts';
import type { Shards } from '../../ports/shards.ts';

export interface WatchedShard {
  readonly shard: ShardId;
  readonly view: LifecycleView;
  readonly records: LifecycleRecords;
}

const readTimeoutMs = 3000;

/** The lifecycle of every shard as this node last saw it: read again each round, records only where they changed. */
export class ShardWatch {
  readonly #shards: Shards;
  readonly #seenByShard = new Map<ShardId, WatchedShard>();

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** Shards that do not answer are left out: nobody may conclude anything from an old view that he acts upon. */
  async look(): Promise<readonly WatchedShard[]> {
    const map = this.#shards.map();
    const ids = map?.shards.map(({ id }) => id) ?? [];
    const seen = await Promise.all(ids.map(async (shard) => this.#lookAt(shard)));
    return seen.filter((one) => one !== undefined);
  }

  /** The latest look, however old. */
  get latest(): readonly WatchedShard[] {
    return [...this.#seenByShard.values()];
  }

  async #lookAt(shard: ShardId): Promise<WatchedShard | undefined> {
    const before = this.#seenByShard.get(shard);
    // From whatever replica is near: every step is judged again when it is applied.
    const knownVersion = before?.view.lifecycleVersion ?? 0;
    const view = await this.#read(shard, knownVersion);
    if (view === undefined) return undefined;
    const records = view.records ?? (knownVersion === view.lifecycleVersion ? (before?.records ?? empty) : undefined);
    if (records === undefined) return undefined;
    const seen = { shard, view, records };
    this.#seenByShard.set(shard, seen);
    return seen;
  }

  async #read(shard: ShardId, knownVersion: number): Promise<LifecycleView | undefined> {
    try {
      const options = { consistency: 'stale', timeoutMs: readTimeoutMs } as const;
      const [result] = await this.#shards.read(shard, [{ type: 'lifecycle', knownVersion }], options);
      return result?.kind === 'lifecycle' ? result.view : undefined;
    } catch (error) {
      if (error instanceof ServiceError) return undefined;
      throw error;
    }
  }
}

const empty: LifecycleRecords = { generations: [], chunks: [], garbage: [] };
