// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { AdminRequest } from '../src/ports/admin.ts';
import type { Cluster } from './cluster.ts';
import type { SimNode } from './sim-node.ts';
import type { SimRandom } from './sim-random.ts';

const retryUs = 1_500_000;

/** What an administrator does: adds and removes nodes, replaces those that lost their disks, moves leaderships. */
export class Membership {
  readonly #cluster: Cluster;
  readonly #gone = new Set<SimNode>();
  /** A change is under way; the next one waits, as a careful administrator does. */
  #isBusy = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Taken out of the cluster: it must not be started with its old disk. */
  isGone(node: SimNode): boolean {
    return this.#gone.has(node);
  }

  /** @returns false when it is not possible now. */
  change(what: 'wipe' | 'add node' | 'remove node', random: SimRandom): boolean {
    const map = this.#cluster.newestMap();
    if (this.#isBusy || map === undefined) return false;
    const members = this.#cluster.nodes.filter((node) => map.nodes.some(({ id }) => id === node.lastNodeId));
    if (what === 'add node') return this.#add(members);
    // Two of three replicas must stay: nobody may be missing while one goes for good, and no group may have fewer now.
    if (members.length < 3 || members.length < map.nodes.length || !members.every((node) => node.process !== undefined))
      return false;
    const groups = [map.meta, ...map.shards.map(({ replicas }) => replicas)];
    if (groups.some((replicas) => replicas.length < 3) || !this.isSettled()) return false;
    const node = random.pick(members);
    const nodeId = node.lastNodeId;
    if (nodeId === undefined) return false;
    if (what === 'remove node' && members.length <= 3) return false;
    this.#isBusy = true;
    void this.#replaceOrRemove(what, node, nodeId).finally(() => {
      this.#isBusy = false;
    });
    return true;
  }

  async transfer(random: SimRandom): Promise<void> {
    const map = this.#cluster.newestMap();
    if (map === undefined) return;
    const shard = random.pick(map.shards);
    await this.#order(random.pick(this.#cluster.nodes), {
      type: 'transferLeadership',
      shard: shard.id,
      toNodeId: random.pick(shard.replicas).nodeId,
    });
  }

  #add(members: readonly SimNode[]): boolean {
    const spare = this.#cluster.nodes.find((node) => !members.includes(node) && node.process === undefined);
    if (spare === undefined) return false;
    if (this.#gone.delete(spare)) spare.wipe();
    spare.start();
    return true;
  }

  async #replaceOrRemove(what: 'wipe' | 'remove node', node: SimNode, nodeId: NodeId): Promise<void> {
    const { world } = this.#cluster;
    if (what === 'wipe') {
      node.wipe();
      await world.sleep(retryUs);
      node.start();
    }
    for (let attempt = 0; this.#isListed(nodeId); attempt++) {
      const others = this.#cluster.nodes.filter((other) => other.lastNodeId !== nodeId);
      const through = others[attempt % Math.max(1, others.length)];
      if (through !== undefined) await this.#order(through, { type: 'removeNode', nodeId });
      await world.sleep(retryUs);
    }
    if (what === 'wipe') return;
    this.#gone.add(node);
    await world.sleep(retryUs);
    node.crash();
  }

  #isListed(nodeId: NodeId): boolean {
    return this.#cluster.newestMap()?.nodes.some(({ id }) => id === nodeId) ?? true;
  }

  async #order(through: SimNode, request: AdminRequest): Promise<void> {
    const gateway = this.#cluster.gatewayOf(through);
    if (gateway === undefined) return;
    const patience = this.#cluster.world.sleep(gateway.timeoutMs * 1_000 + 2_000_000);
    // Refusals and time-outs are answers, too; who needs it done asks again.
    await Promise.race([
      gateway.admin(request).then(
        () => {},
        () => {},
      ),
      gateway.death,
      patience,
    ]);
  }

  /** True once the cluster has nothing left to move. */
  isSettled(): boolean {
    const map = this.#cluster.newestMap();
    if (this.#isBusy || map === undefined || map.nodes.some(({ state, isOut }) => state === 'draining' || isOut))
      return false;
    return [metaShardId, ...map.shards.map(({ id }) => id)].every((shard) => {
      const planned = shard === metaShardId ? map.meta : (map.shards.find(({ id }) => id === shard)?.replicas ?? []);
      const voters = planned.map(({ id }) => id).toSorted((a, b) => a - b);
      const replicas = this.#cluster.replicasOf(shard).filter((replica) => voters.includes(replica.key.replicaId));
      const isComplete = planned.every(({ role }) => role === 'voter') && replicas.length === voters.length;
      return (
        isComplete &&
        replicas.every(
          ({ machine }) =>
            JSON.stringify(machine.confState.voters.toSorted((a, b) => a - b)) === JSON.stringify(voters),
        )
      );
    });
  }
}
