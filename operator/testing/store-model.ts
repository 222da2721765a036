// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';

export interface ModelNode {
  readonly id: string;
  readonly name: string;
  isDraining: boolean;
  liveness: 'alive' | 'down' | 'out';
  isHeld: boolean;
}

export interface ModelShard {
  readonly id: number;
  /** Ids of nodes. */
  replicas: readonly string[];
  leader: string | undefined;
}

const shardReplicas = 3;

/** Members, replicas and leaders of a store, as small as an operator can tell; what happens, happens one thing at a time. */
export class StoreModel {
  readonly shardReplicas = shardReplicas;
  readonly nodes: ModelNode[] = [];
  readonly shards: ModelShard[] = [];
  readonly forgotten = new Set<string>();
  mapEpoch = 0;
  operatorEpoch = 0;
  uploads = 0;
  #ids = 0;

  node(id: string): ModelNode {
    return defined(
      this.nodes.find((node) => node.id === id),
      `node ${id}`,
    );
  }

  /** A new node; whoever had its name before has lost its volume. */
  join(name: string): string {
    const id = `node-${this.#ids++}`;
    for (const node of this.nodes) if (node.name === name) node.isDraining = true;
    this.nodes.push({ id, name, isDraining: false, liveness: 'alive', isHeld: false });
    if (this.nodes.length === shardReplicas && this.shards.length === 0) this.#form();
    this.mapEpoch++;
    return id;
  }

  #form(): void {
    const replicas = this.nodes.map(({ id }) => id);
    for (let id = 0; id < 4; id++) this.shards.push({ id, replicas, leader: replicas[id % replicas.length] });
  }

  /** One replica moves away from a node that leaves; one with none is forgotten. @returns whether anything was to do */
  drain(): boolean {
    for (const node of this.nodes) {
      if (!node.isDraining && node.liveness !== 'out') continue;
      const shard = this.shards.find(({ replicas }) => replicas.includes(node.id));
      if (shard === undefined) {
        if (!node.isDraining) continue;
        this.nodes.splice(this.nodes.indexOf(node), 1);
        this.forgotten.add(node.id);
        this.mapEpoch++;
        return true;
      }
      const to = this.nodes.find(
        (one) => !one.isDraining && one.liveness === 'alive' && !shard.replicas.includes(one.id),
      );
      if (to === undefined || !this.hasQuorum(shard)) continue;
      shard.replicas = shard.replicas.map((id) => (id === node.id ? to.id : id));
      if (shard.leader === node.id) shard.leader = undefined;
      this.mapEpoch++;
      return true;
    }
    return false;
  }

  elect(): boolean {
    let isChanged = false;
    for (const shard of this.shards) {
      if (this.nodes.some(({ id, liveness }) => id === shard.leader && liveness === 'alive')) continue;
      const leader = this.hasQuorum(shard) ? this.#alive(shard)[0] : undefined;
      isChanged ||= leader !== shard.leader;
      shard.leader = leader;
    }
    return isChanged;
  }

  hasQuorum(shard: ModelShard): boolean {
    return this.#alive(shard).length > shard.replicas.length / 2;
  }

  #alive({ replicas }: ModelShard): string[] {
    return replicas.filter((id) => this.nodes.some((node) => node.id === id && node.liveness === 'alive'));
  }

  assertQuorums(when: string): void {
    for (const shard of this.shards) assert(this.hasQuorum(shard), `K-I9: shard ${shard.id} has no quorum ${when}`);
  }
}
