// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import { takesData } from './cluster-map.ts';
import type { ClusterMap, NodeInfo } from './cluster-map.ts';
import type { ClusterLiveness } from './liveness.ts';

/** The nodes as a plan sees them: what the map wants of each, and what is heard of it. */
export class Fleet {
  readonly map: ClusterMap;
  readonly #nodes: ReadonlyMap<NodeId, NodeInfo>;
  readonly #alive: ReadonlySet<NodeId>;
  readonly #silent: ReadonlySet<NodeId>;

  constructor(map: ClusterMap, liveness: ClusterLiveness) {
    this.map = map;
    this.#nodes = new Map(map.nodes.map((node) => [node.id, node]));
    this.#alive = new Set(
      liveness.nodes.filter(({ state, isHeard }) => state === 'ALIVE' && isHeard).map(({ id }) => id),
    );
    this.#silent = new Set(liveness.nodes.filter(({ isSilent }) => isSilent).map(({ id }) => id));
  }

  /** What lies on the node may stay there: it is neither draining nor OUT. */
  keeps(id: NodeId): boolean {
    const node = this.#nodes.get(id);
    return node !== undefined && takesData(node);
  }

  /** Something new may go to the node. */
  canTake(id: NodeId): boolean {
    return this.keeps(id) && this.#alive.has(id);
  }

  /** The node was not heard of for so long that traffic should go elsewhere. */
  isSilent(id: NodeId): boolean {
    return this.#silent.has(id);
  }

  zoneOf(id: NodeId): string | undefined {
    return this.#nodes.get(id)?.zone;
  }

  /** Voters that a group should have: a node that is OUT may come back, one that is draining will not. */
  get wantedReplicas(): number {
    const active = this.map.nodes.filter((node) => node.state === 'active').length;
    return Math.max(1, Math.min(this.map.policy.shardReplicas, active));
  }
}
