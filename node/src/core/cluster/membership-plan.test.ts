// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from './cluster-map.ts';
import { planMembership } from './membership-plan.ts';
import type { GroupObservation, MembershipAction } from './membership-plan.ts';
import { applyMetaCommand } from './apply-meta.ts';
import { replicasOf } from './meta-state.ts';
import type { MetaState } from './meta-state.ts';
import { formed, nodeInfo } from './testing/maps.ts';

/** Groups that do at once what they are told, so that a plan can be followed to its end. */
class FakeCluster {
  state: MetaState;
  readonly voters = new Map<number, number[]>();
  readonly learners = new Map<number, number[]>();
  readonly leaders = new Map<number, number>();
  readonly history: string[] = [];

  constructor(state: MetaState) {
    this.state = state;
    for (const shard of this.shards()) {
      const ids = (replicasOf(this.map, shard) ?? []).map((replica) => replica.id);
      this.voters.set(shard, ids);
      this.learners.set(shard, []);
      this.leaders.set(shard, ids[0] ?? 0);
    }
  }

  get map(): ClusterMap {
    if (this.state.map === undefined) throw new Error('no map');
    return this.state.map;
  }

  shards(): number[] {
    return [metaShardId, ...this.map.shards.map((shard) => shard.id)];
  }

  observe(): GroupObservation[] {
    return this.shards().map((shard) => {
      const voters = this.voters.get(shard) ?? [];
      const learners = this.learners.get(shard) ?? [];
      return {
        shard,
        leader: this.leaders.get(shard) ?? 0,
        confState: { voters, learners, votersOutgoing: [], learnersNext: [], autoLeave: false },
        commit: 100,
        progress: [...voters, ...learners].map((id) => ({ id, match: 100, recentActive: true })),
      };
    });
  }

  act(action: MembershipAction): void {
    this.history.push(JSON.stringify(action));
    if (action.type === 'meta') {
      this.state = applyMetaCommand(this.state, action.command).state;
    } else if (action.type === 'transfer') {
      this.leaders.set(action.shard, action.to);
    } else {
      for (const { type, nodeId } of action.changes) {
        const without = (ids: number[] | undefined): number[] => (ids ?? []).filter((id) => id !== nodeId);
        this.voters.set(
          action.shard,
          type === 'addNode'
            ? [...without(this.voters.get(action.shard)), nodeId]
            : without(this.voters.get(action.shard)),
        );
        this.learners.set(
          action.shard,
          type === 'addLearnerNode'
            ? [...without(this.learners.get(action.shard)), nodeId]
            : without(this.learners.get(action.shard)),
        );
      }
      if (this.voters.get(action.shard)?.length === 0) throw new Error('a group lost its last voter');
    }
  }

  /** @returns the number of rounds until nothing is left to do. */
  settle(): number {
    for (let round = 0; round < 200; round++) {
      const actions = planMembership(this.map, this.observe());
      if (actions.length === 0) return round;
      for (const { action } of actions) this.act(action);
    }
    throw new Error(`no end: ${this.history.slice(-6).join(' ')}`);
  }
}

describe('the membership plan', () => {
  it('has nothing to do for a cluster that is as it should be, once leaders are spread', () => {
    const cluster = new FakeCluster(formed({ nodes: 3, shards: 3 }));
    cluster.settle();
    expect(planMembership(cluster.map, cluster.observe())).toEqual([]);
  });

  it('spreads the leaders of the shards over the nodes', () => {
    const cluster = new FakeCluster(formed({ nodes: 3, shards: 6 }));
    cluster.settle();
    const led = new Map<string, number>();
    for (const shard of cluster.map.shards) {
      const node = shard.replicas.find((replica) => replica.id === cluster.leaders.get(shard.id))?.nodeId ?? '';
      led.set(node, (led.get(node) ?? 0) + 1);
    }
    expect([...led.values()].sort((a, b) => a - b)).toEqual([2, 2, 2]);
  });

  it('grows a cluster of one node to three voters a group when nodes join: learner first', () => {
    const cluster = new FakeCluster(formed({ nodes: 1, shards: 2 }));
    for (const id of ['n1', 'n2'])
      cluster.state = applyMetaCommand(cluster.state, { type: 'putNode', node: nodeInfo(id) }).state;
    cluster.settle();
    for (const shard of cluster.shards()) {
      expect(cluster.voters.get(shard)).toHaveLength(3);
      expect(cluster.learners.get(shard)).toHaveLength(0);
      expect(replicasOf(cluster.map, shard)?.every((replica) => replica.role === 'voter')).toBe(true);
    }
  });

  it('drains a node: leaderships away, successors in the same joint change, then the node is forgotten', () => {
    const state = applyMetaCommand(formed({ nodes: 3, shards: 4 }), { type: 'putNode', node: nodeInfo('n3') }).state;
    const cluster = new FakeCluster(
      applyMetaCommand(state, { type: 'setNodeState', nodeId: 'n0', state: 'draining' }).state,
    );
    cluster.settle();
    expect(cluster.map.nodes.map((node) => node.id)).toEqual(['n1', 'n2', 'n3']);
    for (const shard of cluster.shards()) expect(cluster.voters.get(shard)).toHaveLength(3);
    const swap = cluster.history.filter((line) => line.includes('"addNode"') && line.includes('"removeNode"'));
    expect(swap.length).toBe(5);
  });

  it('drains to fewer voters when there is no other node, and never below what the active nodes can hold', () => {
    const cluster = new FakeCluster(
      applyMetaCommand(formed({ nodes: 3, shards: 2 }), { type: 'setNodeState', nodeId: 'n2', state: 'draining' })
        .state,
    );
    cluster.settle();
    expect(cluster.map.nodes).toHaveLength(2);
    for (const shard of cluster.shards()) expect(cluster.voters.get(shard)).toHaveLength(2);
  });

  it('stops when the drain is cancelled half way', () => {
    const state = applyMetaCommand(formed({ nodes: 3, shards: 1 }), { type: 'putNode', node: nodeInfo('n3') }).state;
    const cluster = new FakeCluster(
      applyMetaCommand(state, { type: 'setNodeState', nodeId: 'n0', state: 'draining' }).state,
    );
    for (const { action } of planMembership(cluster.map, cluster.observe())) cluster.act(action);
    cluster.state = applyMetaCommand(cluster.state, { type: 'setNodeState', nodeId: 'n0', state: 'active' }).state;
    cluster.settle();
    expect(cluster.map.nodes.every((node) => node.state === 'active')).toBe(true);
    for (const shard of cluster.shards()) expect(cluster.voters.get(shard)?.length).toBe(3);
  });

  it('puts replicas into zones that have none yet', () => {
    let state = formed({ nodes: 2, shards: 1, zones: ['a', 'b'] });
    for (const node of [nodeInfo('m', 'a'), nodeInfo('z', 'c')])
      state = applyMetaCommand(state, { type: 'putNode', node }).state;
    const cluster = new FakeCluster(state);
    cluster.settle();
    const zones = (cluster.map.shards[0]?.replicas ?? []).map(
      (replica) => cluster.map.nodes.find((node) => node.id === replica.nodeId)?.zone,
    );
    expect(new Set(zones)).toEqual(new Set(['a', 'b', 'c']));
  });

  it('waits while a joint configuration is being left and while a learner is behind', () => {
    const cluster = new FakeCluster(formed({ nodes: 3, shards: 1 }));
    const joint = cluster.observe().map((o) => ({ ...o, confState: { ...o.confState, votersOutgoing: [1] } }));
    expect(planMembership(cluster.map, joint).filter(({ action }) => action.type === 'confChange')).toEqual([]);
    cluster.state = applyMetaCommand(formed({ nodes: 1, shards: 1 }), { type: 'putNode', node: nodeInfo('n1') }).state;
    const alone = new FakeCluster(cluster.state);
    for (let i = 0; i < 2; i++) for (const { action } of planMembership(alone.map, alone.observe())) alone.act(action);
    const behind = alone.observe().map((o) => ({ ...o, commit: 100_000 }));
    const promoted = planMembership(alone.map, behind).some(
      ({ action }) => action.type === 'confChange' && action.changes.some((c) => c.type === 'addNode'),
    );
    expect(promoted).toBe(false);
  });
});
