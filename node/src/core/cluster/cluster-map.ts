// SPDX-License-Identifier: Apache-2.0
import { compareBytes } from '@shortlink/common/bytes.ts';
import type { ClusterId, NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';

export interface NodeAddresses {
  /** host:port of each listener, as other nodes and clients reach them. */
  readonly peer: string;
  readonly redirect: string;
  readonly api: string;
  readonly grpc: string;
}

export interface NodeInfo {
  readonly id: NodeId;
  readonly name: string;
  readonly zone: string;
  readonly addresses: NodeAddresses;
  /** `draining`: its replicas are being moved away; `removed` nodes are no longer listed. */
  readonly state: 'active' | 'draining';
}

export interface ReplicaInfo {
  readonly id: ReplicaId;
  readonly nodeId: NodeId;
  readonly role: 'voter' | 'learner';
}

/** A contiguous range [start, end) of routing keys; `end` undefined: to the end of all keys. */
export interface ShardInfo {
  readonly id: ShardId;
  readonly start: Uint8Array;
  readonly end: Uint8Array | undefined;
  /** The replicas that start the group by themselves, each exactly once; every later replica starts empty. */
  readonly founders: readonly ReplicaInfo[];
  /** As the meta group plans it; the shard's own Raft configuration is the truth of who votes. */
  readonly replicas: readonly ReplicaInfo[];
}

export interface ClusterPolicy {
  readonly shardReplicas: number;
  readonly reuseDeadCodes: boolean;
}

/** The meta group's state as every gateway caches it. */
export interface ClusterMap {
  readonly clusterId: ClusterId;
  /** Raised by every change; the higher one is the newer one. */
  readonly epoch: number;
  readonly policy: ClusterPolicy;
  readonly nodes: readonly NodeInfo[];
  /** The meta group's replicas. */
  readonly meta: readonly ReplicaInfo[];
  /** In the order of their ranges, which cover all keys without gap or overlap. */
  readonly shards: readonly ShardInfo[];
}

/** The shard that owns a routing key: the last one that starts at or before it. */
export function shardOf(map: ClusterMap, routingKey: Uint8Array): ShardInfo | undefined {
  let low = 0;
  let high = map.shards.length - 1;
  let found: ShardInfo | undefined;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const shard = map.shards[middle];
    if (shard === undefined) break;
    if (compareBytes(shard.start, routingKey) <= 0) {
      found = shard;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return found;
}
