// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap, ReplicaInfo } from '../../core/cluster/cluster-map.ts';

/** On which node a replica lives: from the map, and from messages that arrived before the map did. */
export class ReplicaPlaces {
  #mapped = new Map<string, NodeId>();
  readonly #heard = new Map<string, NodeId>();

  useMap(map: ClusterMap): void {
    this.#mapped = new Map();
    const add = (shard: ShardId, replicas: readonly ReplicaInfo[]): void => {
      for (const replica of replicas) this.#mapped.set(nameOf(shard, replica.id), replica.nodeId);
    };
    add(metaShardId, map.meta);
    for (const shard of map.shards) add(shard.id, shard.replicas);
    // What the map does not know is a removed replica or one of a newer map: keep only what is still unknown.
    for (const name of this.#heard.keys()) if (this.#mapped.has(name)) this.#heard.delete(name);
  }

  heard(shard: ShardId, replica: ReplicaId, node: NodeId): void {
    const name = nameOf(shard, replica);
    if (!this.#mapped.has(name) && this.#heard.size < maxHeard) this.#heard.set(name, node);
  }

  nodeOf(shard: ShardId, replica: ReplicaId): NodeId | undefined {
    const name = nameOf(shard, replica);
    return this.#mapped.get(name) ?? this.#heard.get(name);
  }
}

const maxHeard = 10_000;

function nameOf(shard: ShardId, replica: ReplicaId): string {
  return `${shard}/${replica}`;
}
