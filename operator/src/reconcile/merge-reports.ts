// SPDX-License-Identifier: Apache-2.0
import type { StoreNode, StoreReplica, StoreShard, StoreState } from '../plan/observed.ts';
import type { ClusterMapReport, MapNode, MapShard, NodeReport, RingReport } from '../ports/store-api.ts';

/**
 * One view of the cluster from what its nodes say. Undefined without a leader of the meta group: nothing is decided on what a
 * node that is cut off remembers. The map is the newest that anybody has, and not older than one that was seen before.
 */
export function mergeReports(reports: readonly NodeReport[], minMapEpoch: number): StoreState | undefined {
  const ring = newest(reports.flatMap((report) => report.ring ?? []));
  const map = newest(reports.flatMap((report) => report.map ?? []));
  if (ring === undefined || map === undefined || map.epoch < minMapEpoch) return undefined;
  return {
    mapEpoch: map.epoch,
    clusterId: map.clusterId,
    shardReplicas: map.shardReplicas,
    nodes: map.nodes.map((node) => {
      const version = reports.find(({ nodeId }) => nodeId === node.id)?.version;
      return storeNode(node, version === '' ? undefined : version, ring);
    }),
    shards: map.shards.map((shard) => storeShard(shard, map, reports)),
    brake: ring.brake,
    ringEpoch: ring.epoch,
    operatorEpoch: ring.operatorEpoch,
    chunks: ring.chunks,
  };
}

function newest<T extends { readonly epoch: number }>(all: readonly T[]): T | undefined {
  return all.toSorted((a, b) => b.epoch - a.epoch)[0];
}

function storeNode(
  { id, name, zone, isDraining, isOut }: MapNode,
  version: string | undefined,
  ring: RingReport,
): StoreNode {
  const heard = ring.nodes.find((node) => node.id === id);
  return {
    id,
    name,
    zone,
    version,
    isDraining,
    liveness: isOut ? 'out' : (heard?.liveness ?? 'unknown'),
    isHeld: heard?.isHeld ?? false,
    chunksHeld: heard?.chunksHeld,
    chunkBytes: heard?.chunkBytes,
    diskFreeBytes: heard?.diskFreeBytes,
    storeProblem: heard?.storeProblem === '' ? undefined : heard?.storeProblem,
  };
}

function storeShard({ id, replicas }: MapShard, map: ClusterMapReport, reports: readonly NodeReport[]): StoreShard {
  const ofNodes = map.nodes.flatMap(({ id: nodeId }) => {
    const report = reports.find((one) => one.nodeId === nodeId);
    const replica = report?.replicas.find(({ shard }) => shard === id);
    return replica === undefined ? [] : [{ nodeId, ...replica }];
  });
  const committed = Math.max(0, ...ofNodes.map(({ commitIndex }) => commitIndex));
  return {
    id,
    leaderNodeId: leaderOf(id, reports),
    replicas: replicas.map(({ nodeId, isLearner }): StoreReplica => {
      const own = ofNodes.find((one) => one.nodeId === nodeId);
      const isKnown = own?.isHealthy === true;
      return { nodeId, isLearner, lagEntries: isKnown ? committed - own.appliedIndex : undefined };
    }),
  };
}

/**
 * The one that most replicas follow: a leader that was cut off still believes in itself. A node without a replica hears of no
 * election, and remembers whoever answered it last, dead or not.
 */
function leaderOf(shard: number, reports: readonly NodeReport[]): string | undefined {
  const votes = new Map<string, number>();
  const followers = reports.filter(({ replicas }) => replicas.some((own) => own.shard === shard));
  for (const { leaders } of followers)
    for (const { shard: led, nodeId } of leaders) if (led === shard) votes.set(nodeId, (votes.get(nodeId) ?? 0) + 1);
  const [first] = [...votes].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return first?.[0];
}
