// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ClusterMap, NodeDescription, ReplicaInfo, ShardInfo } from './cluster-map.ts';
import { mapVersion } from './cluster-map.ts';
import { initialSplits } from './initial-splits.ts';
import type { FormationRecord } from './meta-commands.ts';
import { noted, refused } from './meta-state.ts';
import type { MetaState, Outcome } from './meta-state.ts';

/** Founders take the replica ids 1…n of the meta group. */
function foundingMetaReplicas(record: FormationRecord): readonly ReplicaInfo[] {
  return new Spreading(record).next().map((node, i) => ({ id: i + 1, nodeId: node.id, role: 'voter' }));
}

/** What the founders know before the meta group has written a map. */
export function foundingMap(record: FormationRecord): ClusterMap {
  return {
    version: mapVersion,
    clusterId: record.clusterId,
    epoch: 0,
    ringEpoch: 0,
    policy: record.policy,
    nodes: sortedFounders(record).map((node) => ({ ...node, state: 'active', isOut: false })),
    meta: foundingMetaReplicas(record),
    shards: [],
  };
}

/** The first map: the founders share the replicas of the shards. */
export function initialize(state: MetaState, record: FormationRecord): Outcome {
  const starts = initialSplits(record.initialShards);
  const ranges = starts.map((start, i) => ({ id: i + 1, start, end: starts[i + 1] }));
  return found(state, record, { ranges, reason: `${record.founders.length} founders, ${ranges.length} shards` });
}

/** A shard whose replicas are to be chosen. */
export type ShardRange = Pick<ShardInfo, 'id' | 'start' | 'end'>;

/** As `initialize`, for shards that are given. */
export function found(
  state: MetaState,
  record: FormationRecord,
  { ranges, reason }: { readonly ranges: readonly ShardRange[]; readonly reason: string },
): Outcome {
  if (state.map !== undefined) return refused(state, 'the cluster is formed already');
  const founders = sortedFounders(record);
  let nextReplicaId = founders.length + 1;
  const spreading = new Spreading(record);
  const shards = ranges.map(({ id, start, end }): ShardInfo => {
    const replicas = spreading.next().map((node) => {
      return { id: nextReplicaId++, nodeId: node.id, role: 'voter' as const };
    });
    return { id, start, end, founders: replicas, replicas };
  });
  const map: ClusterMap = { ...foundingMap(record), epoch: 1, ringEpoch: 1, shards };
  return {
    state: noted({ ...state, map, nextReplicaId }, { kind: 'formed', reason }),
    result: { ok: true, epoch: map.epoch },
  };
}

/** Gives each group its founders: of different zones as far as there are any, then those with the fewest replicas. */
class Spreading {
  readonly #founders: readonly NodeDescription[];
  readonly #copies: number;
  readonly #loads = new Map<NodeId, number>();

  constructor(record: FormationRecord) {
    this.#founders = sortedFounders(record);
    this.#copies = Math.min(record.policy.shardReplicas, this.#founders.length);
  }

  next(): readonly NodeDescription[] {
    const chosen: NodeDescription[] = [];
    const crowd = ({ zone }: NodeDescription): number => chosen.filter((other) => other.zone === zone).length;
    const load = ({ id }: NodeDescription): number => this.#loads.get(id) ?? 0;
    while (chosen.length < this.#copies) {
      const [best] = this.#founders
        .filter((node) => !chosen.includes(node))
        .toSorted((a, b) => crowd(a) - crowd(b) || load(a) - load(b));
      assert(best !== undefined, 'a group needs a founder');
      this.#loads.set(best.id, load(best) + 1);
      chosen.push(best);
    }
    return chosen;
  }
}

function sortedFounders(record: FormationRecord): readonly NodeDescription[] {
  return record.founders.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
