// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId } from '@shortlink/common/ids.ts';
import type { ClusterMap, NodeInfo, ReplicaInfo } from './cluster-map.ts';
import type { Fleet } from './fleet.ts';

/** Replicas on each node: all groups count the same. */
export function replicaLoads(map: ClusterMap): ReadonlyMap<NodeId, number> {
  const loads = new Map<NodeId, number>(map.nodes.map((node) => [node.id, 0]));
  for (const replicas of [map.meta, ...map.shards.map((shard) => shard.replicas)]) {
    for (const { nodeId } of replicas) loads.set(nodeId, (loads.get(nodeId) ?? 0) + 1);
  }
  return loads;
}

/** The node that should get a replica: in the least used zone, then with the fewest replicas, then with the smallest id. */
export function bestNode(fleet: Fleet, planned: readonly ReplicaInfo[]): NodeInfo | undefined {
  const loads = replicaLoads(fleet.map);
  const staying = planned.filter((replica) => fleet.keeps(replica.nodeId));
  const crowd = ({ zone }: NodeInfo): number => staying.filter(({ nodeId }) => fleet.zoneOf(nodeId) === zone).length;
  const load = ({ id }: NodeInfo): number => loads.get(id) ?? 0;
  return fleet.map.nodes
    .filter((node) => fleet.canTake(node.id) && planned.every((replica) => replica.nodeId !== node.id))
    .sort((a, b) => crowd(a) - crowd(b) || load(a) - load(b) || (a.id < b.id ? -1 : 1))[0];
}

/**
 * Of replicas that are more than wanted, the one that should leave: on a node that must not keep it, then in the most
 * used zone, then on the node with the most replicas, then the newest.
 * @param staysAnyway the leader, which would have to hand over first, and whoever has just come.
 */
export function surplusReplica(
  fleet: Fleet,
  replicas: readonly ReplicaInfo[],
  staysAnyway: readonly ReplicaId[],
): ReplicaInfo | undefined {
  const loads = replicaLoads(fleet.map);
  const staying = replicas.filter(({ nodeId }) => fleet.keeps(nodeId));
  const crowd = ({ nodeId }: ReplicaInfo): number =>
    staying.filter((other) => fleet.zoneOf(other.nodeId) === fleet.zoneOf(nodeId)).length;
  const load = ({ nodeId }: ReplicaInfo): number => loads.get(nodeId) ?? 0;
  return replicas
    .filter((replica) => !staysAnyway.includes(replica.id))
    .toSorted(
      (a, b) =>
        Number(fleet.keeps(a.nodeId)) - Number(fleet.keeps(b.nodeId)) ||
        crowd(b) - crowd(a) ||
        load(b) - load(a) ||
        b.id - a.id,
    )[0];
}
