// SPDX-License-Identifier: Apache-2.0
import { compareBytes } from '@shortlink/common/bytes.ts';
import type { ClusterId, NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import type { RingMember } from '../placement/ring.ts';

export interface NodeAddresses {
  /** host:port of each listener, as other nodes and clients reach them. */
  readonly peer: string;
  readonly redirect: string;
  readonly api: string;
  readonly grpc: string;
}

/** What a node says of itself. */
export interface NodeDescription {
  readonly id: NodeId;
  readonly name: string;
  readonly zone: string;
  /** Capacity in percent of a usual node: its share of the chunks. */
  readonly weight: number;
  readonly addresses: NodeAddresses;
}

export interface NodeInfo extends NodeDescription {
  /** `draining`: its replicas are being moved away; `removed` nodes are no longer listed. */
  readonly state: 'active' | 'draining';
  /** Away for so long that others take its place; undone when it comes back. */
  readonly isOut: boolean;
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

/** Of the JSON that maps, and commands and state of the meta group, are written as. Others are refused. */
export const mapVersion = 2;

/** The meta group's state as every gateway caches it. */
export interface ClusterMap {
  readonly version: typeof mapVersion;
  readonly clusterId: ClusterId;
  /** Raised by every change; the higher one is the newer one. */
  readonly epoch: number;
  /** Raised by every change of who takes chunks, and of their zones and weights. */
  readonly ringEpoch: number;
  readonly policy: ClusterPolicy;
  readonly nodes: readonly NodeInfo[];
  /** The meta group's replicas. */
  readonly meta: readonly ReplicaInfo[];
  /** In the order of their ranges, which cover all keys without gap or overlap. */
  readonly shards: readonly ShardInfo[];
}

/** Whether a node says the same of itself in both. */
export function isSameDescription(a: NodeDescription, b: NodeDescription): boolean {
  const text = ({ id, name, zone, weight, addresses: { peer, redirect, api, grpc } }: NodeDescription): string =>
    JSON.stringify([id, name, zone, weight, peer, redirect, api, grpc]);
  return text(a) === text(b);
}

/** A node that takes replicas and chunks. */
export function takesData(node: NodeInfo): boolean {
  return node.state === 'active' && !node.isOut;
}

/** The members of the ring, in the order of their ids. */
export function ringMembers(nodes: readonly NodeInfo[]): readonly RingMember[] {
  return nodes.filter(takesData).map(({ id, zone, weight }) => ({ id, zone, weight }));
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
