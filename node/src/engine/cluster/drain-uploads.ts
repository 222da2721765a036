// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import type { GroupObservation } from '../../core/cluster/group-view.ts';
import type { ClusterLiveness } from '../../core/cluster/liveness.ts';

/** What is seen of the cluster at one moment. */
export interface DrainSight {
  readonly map: ClusterMap;
  readonly observations: readonly GroupObservation[];
  readonly liveness: ClusterLiveness;
  /** On the monotonic clock. */
  readonly nowMs: number;
}

export interface DrainVerdict {
  /** Shards whose replicas stay where they are until their rows are in the object store. */
  readonly waiting: ReadonlySet<ShardId>;
  /** Generations to be sealed. */
  readonly seals: readonly { readonly shard: ShardId; readonly generation: number }[];
  /** In words, each thing once. */
  readonly news: readonly string[];
}

interface DrainUpload {
  /** Active when the drain was first seen: that one and all older ones are waited for. */
  readonly generation: number;
  readonly sinceMs: number;
  isOver: boolean;
}

/**
 * Before a node that is removed loses its replicas, what its shards have on the nodes only goes to the object store, so
 * that their new replicas need little more than the log. Soft state of the meta group's leader: another one waits anew.
 * Nothing waits for longer than the limit, or while any node of the shard is not well: then moving comes first.
 */
export class DrainUploads {
  readonly #limitMs: number;
  readonly #uploads = new Map<ShardId, DrainUpload>();

  /** @param limitMs 0: nothing is uploaded, and nothing waits. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  look({ map, observations, liveness, nowMs }: DrainSight): DrainVerdict {
    const waiting = new Set<ShardId>();
    const seals: { shard: ShardId; generation: number }[] = [];
    const news: string[] = [];
    const draining = new Set(map.nodes.filter(({ state }) => state === 'draining').map(({ id }) => id));
    const groups = new Map(observations.map((group) => [group.shard, group]));
    for (const { id: shard, replicas } of map.shards) {
      const nodes = replicas.map(({ nodeId }) => nodeId);
      const group = groups.get(shard);
      if (!nodes.some((node) => draining.has(node))) this.#uploads.delete(shard);
      else if (group !== undefined && this.#limitMs > 0) {
        const upload = this.#uploads.get(shard) ?? this.#begin(group, nowMs, news);
        if (!areWell(nodes, liveness)) upload.isOver = true;
        if (upload.isOver || this.#isOver(upload, group, { nowMs, news })) continue;
        waiting.add(shard);
        const [active] = group.generations;
        if (active?.id === upload.generation) seals.push({ shard, generation: active.id });
      }
    }
    return { waiting, seals, news };
  }

  #begin({ shard, generations }: GroupObservation, nowMs: number, news: string[]): DrainUpload {
    const upload = { generation: generations[0]?.id ?? 0, sinceMs: nowMs, isOver: false };
    this.#uploads.set(shard, upload);
    news.push(`shard ${shard} goes to the object store before it leaves a node, within ${this.#limitMs} ms`);
    return upload;
  }

  #isOver(
    upload: DrainUpload,
    { shard, generations }: GroupObservation,
    { nowMs, news }: { readonly nowMs: number; readonly news: string[] },
  ): boolean {
    const left = generations.filter(({ id, rows }) => id <= upload.generation && rows > 0).length;
    upload.isOver = left === 0 || nowMs - upload.sinceMs >= this.#limitMs;
    if (!upload.isOver) return false;
    news.push(
      left === 0
        ? `shard ${shard} is in the object store; its replicas move`
        : `${left} generations of shard ${shard} did not get to the object store in time; its replicas move with them`,
    );
    return true;
  }
}

/** A node that is silent should get its successors soon, whatever they have to copy. */
function areWell(nodes: readonly NodeId[], { nodes: heard }: ClusterLiveness): boolean {
  return nodes.every((node) => heard.some(({ id, state, isHeard }) => id === node && state === 'ALIVE' && isHeard));
}
