// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { applyMetaCommand } from './apply-meta.ts';
import type { ClusterMap } from './cluster-map.ts';
import { planMembership } from './membership-plan.ts';
import { replicasOf } from './meta-state.ts';
import { FakeGroups } from './testing/fake-groups.ts';
import { formed, nodeInfo, run } from './testing/maps.ts';

describe('the membership plan', () => {
  it('has nothing to do for a cluster that is as it should be, once leaders are spread', () => {
    const cluster = new FakeGroups(formed({ nodes: 3, shards: 3 }));
    cluster.settle();
    expect(cluster.plan()).toEqual([]);
  });

  it('spreads the leaders of the shards over the nodes', () => {
    const cluster = new FakeGroups(formed({ nodes: 3, shards: 6 }));
    cluster.settle();
    const led = new Map<string, number>();
    for (const shard of cluster.map.shards) {
      const node = shard.replicas.find((replica) => replica.id === cluster.leaders.get(shard.id))?.nodeId ?? '';
      led.set(node, (led.get(node) ?? 0) + 1);
    }
    expect([...led.values()].sort((a, b) => a - b)).toEqual([2, 2, 2]);
  });

  it('grows a cluster of one node to three voters a group when nodes join: learner first', () => {
    const cluster = new FakeGroups(formed({ nodes: 1, shards: 2 }));
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
    const cluster = new FakeGroups(
      applyMetaCommand(state, { type: 'setNodeState', nodeId: 'n0', state: 'draining' }).state,
    );
    cluster.settle();
    expect(cluster.map.nodes.map((node) => node.id)).toEqual(['n1', 'n2', 'n3']);
    for (const shard of cluster.shards()) expect(cluster.voters.get(shard)).toHaveLength(3);
    const swap = cluster.history.filter((line) => line.includes('"addNode"') && line.includes('"removeNode"'));
    expect(swap.length).toBe(5);
  });

  it('drains to fewer voters when there is no other node, and never below what the active nodes can hold', () => {
    const cluster = new FakeGroups(
      applyMetaCommand(formed({ nodes: 3, shards: 2 }), { type: 'setNodeState', nodeId: 'n2', state: 'draining' })
        .state,
    );
    cluster.settle();
    expect(cluster.map.nodes).toHaveLength(2);
    for (const shard of cluster.shards()) expect(cluster.voters.get(shard)).toHaveLength(2);
  });

  it('stops when the drain is cancelled half way', () => {
    const state = applyMetaCommand(formed({ nodes: 3, shards: 1 }), { type: 'putNode', node: nodeInfo('n3') }).state;
    const cluster = new FakeGroups(
      applyMetaCommand(state, { type: 'setNodeState', nodeId: 'n0', state: 'draining' }).state,
    );
    for (const { action } of cluster.plan()) cluster.act(action);
    cluster.state = applyMetaCommand(cluster.state, { type: 'setNodeState', nodeId: 'n0', state: 'active' }).state;
    cluster.settle();
    expect(cluster.map.nodes.every((node) => node.state === 'active')).toBe(true);
    for (const shard of cluster.shards()) expect(cluster.voters.get(shard)?.length).toBe(3);
  });

  it('puts replicas into zones that have none yet', () => {
    let state = formed({ nodes: 2, shards: 1, zones: ['a', 'b'] });
    for (const node of [nodeInfo('m', 'a'), nodeInfo('z', 'c')])
      state = applyMetaCommand(state, { type: 'putNode', node }).state;
    const cluster = new FakeGroups(state);
    cluster.settle();
    const zones = (cluster.map.shards[0]?.replicas ?? []).map(
      (replica) => cluster.map.nodes.find((node) => node.id === replica.nodeId)?.zone,
    );
    expect(new Set(zones)).toEqual(new Set(['a', 'b', 'c']));
  });

  it('waits while a joint configuration is being left and while a learner is behind', () => {
    const cluster = new FakeGroups(formed({ nodes: 3, shards: 1 }));
    const joint = cluster.observe().map((o) => ({ ...o, confState: { ...o.confState, votersOutgoing: [1] } }));
    expect(
      planMembership(cluster.map, joint, cluster.liveness()).filter(({ action }) => action.type === 'confChange'),
    ).toEqual([]);
    cluster.state = applyMetaCommand(formed({ nodes: 1, shards: 1 }), { type: 'putNode', node: nodeInfo('n1') }).state;
    const alone = new FakeGroups(cluster.state);
    for (let i = 0; i < 2; i++) for (const { action } of alone.plan()) alone.act(action);
    const behind = alone.observe().map((o) => ({ ...o, commit: 100_000 }));
    const promoted = planMembership(alone.map, behind, alone.liveness()).some(
      ({ action }) => action.type === 'confChange' && action.changes.some((c) => c.type === 'addNode'),
    );
    expect(promoted).toBe(false);
  });

  it('moves a replica to a new node when others hold two more, and then no more', () => {
    const cluster = new FakeGroups(formed({ nodes: 3, shards: 4 }));
    cluster.settle();
    cluster.state = run(cluster.state, { type: 'putNode', node: nodeInfo('n3') });
    cluster.settle();
    const loads = cluster.map.nodes.map(({ id }) => shardReplicasOn(cluster.map, id));
    expect(loads.reduce((sum, load) => sum + load, 0)).toBe(12);
    // A leader is not moved, and so one more may stay than would be ideal.
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(2);
    expect(loads[3]).toBeGreaterThanOrEqual(2);
    cluster.expectVoters(3);
    const before = cluster.history.length;
    cluster.settle();
    expect(cluster.history).toHaveLength(before);
  });

  it('does not put two replicas into one zone to share them out', () => {
    const cluster = new FakeGroups(formed({ nodes: 3, shards: 4, zones: ['a', 'b', 'c'] }));
    cluster.settle();
    cluster.state = run(cluster.state, { type: 'putNode', node: nodeInfo('n3', 'a') });
    cluster.settle();
    for (const { replicas } of cluster.map.shards)
      expect(new Set(replicas.map(({ nodeId }) => cluster.zoneOf(nodeId))).size).toBe(3);
    expect(shardReplicasOn(cluster.map, 'n3')).toBe(2);
  });
});

function shardReplicasOn(map: ClusterMap, nodeId: string): number {
  return map.shards.filter(({ replicas }) => replicas.some((replica) => replica.nodeId === nodeId)).length;
}

describe('repair', () => {
  it('replaces the voters of a node that is OUT, learner first, each in one joint change (P-I8)', () => {
    const cluster = new FakeGroups(formed({ nodes: 5, shards: 4 }));
    cluster.settle();
    cluster.lose('n0');
    cluster.settle();
    expect(cluster.replicasOn('n0')).toBe(0);
    cluster.expectVoters(3);
    const swaps = cluster.history.filter((line) => line.includes('"addNode"') && line.includes('"removeNode"'));
    expect(swaps.length).toBeGreaterThanOrEqual(3);
    expect(cluster.map.nodes.map(({ id }) => id)).toContain('n0');
  });

  it('of five nodes loses one after the other down to three, and every group has three living voters each time', () => {
    const cluster = new FakeGroups(formed({ nodes: 5, shards: 6 }));
    cluster.settle();
    for (const id of ['n0', 'n3']) {
      cluster.lose(id);
      cluster.settle();
      cluster.expectVoters(3);
      expect(cluster.replicasOn(id)).toBe(0);
    }
  });

  it('keeps the voter of a lost node where no other node can take its place, and replaces it when one comes', () => {
    const cluster = new FakeGroups(formed({ nodes: 3, shards: 2 }));
    cluster.settle();
    cluster.lose('n1');
    cluster.settle();
    cluster.expectVoters(3);
    expect(cluster.replicasOn('n1')).toBe(3);
    cluster.state = run(cluster.state, { type: 'putNode', node: nodeInfo('n9') });
    cluster.settle();
    cluster.expectVoters(3);
    expect(cluster.replicasOn('n1')).toBe(0);
    expect(cluster.replicasOn('n9')).toBe(3);
  });

  it('moves nothing while the brake is on, and goes on when it is off (P-I7)', () => {
    const cluster = new FakeGroups(formed({ nodes: 5, shards: 4 }));
    cluster.settle();
    cluster.lose('n0');
    for (let i = 0; i < 3; i++) for (const { action } of cluster.plan()) cluster.act(action);
    const held = cluster.history.length;
    cluster.brake = 'too many are down';
    const voters = JSON.stringify([...cluster.voters, ...cluster.learners]);
    cluster.settle();
    expect(JSON.stringify([...cluster.voters, ...cluster.learners])).toBe(voters);
    expect(cluster.history.slice(held).filter((line) => !/promoteReplica|removeReplica|transfer/.test(line))).toEqual(
      [],
    );
    cluster.brake = undefined;
    cluster.settle();
    expect(cluster.replicasOn('n0')).toBe(0);
    cluster.expectVoters(3);
  });

  it('moves nothing for a node that is only DOWN, but no leader stays there and nothing new goes there', () => {
    const cluster = new FakeGroups(formed({ nodes: 5, shards: 5 }));
    cluster.settle();
    cluster.silent.add('n2');
    cluster.settle();
    for (const shard of cluster.shards()) expect(cluster.leaderNode(shard)).not.toBe('n2');
    expect(cluster.history.filter((line) => !line.includes('transfer'))).toEqual([]);
    const other = new FakeGroups(formed({ nodes: 5, shards: 1 }));
    other.silent.add('n3');
    other.lose('n0');
    other.settle();
    other.expectVoters(3);
    expect(other.replicasOn('n3')).toBe(0);
    expect(other.replicasOn('n4')).toBe(2);
  });

  it('takes another node when the one that is learning falls silent', () => {
    const cluster = new FakeGroups(formed({ nodes: 5, shards: 1 }));
    cluster.lose('n0');
    for (let i = 0; i < 2; i++) for (const { action } of cluster.plan()) cluster.act(action);
    const learner = cluster.map.shards[0]?.replicas.find(({ role }) => role === 'learner')?.nodeId ?? '';
    expect(learner).not.toBe('');
    cluster.silent.add(learner);
    cluster.settle();
    cluster.expectVoters(3);
    expect(cluster.map.shards[0]?.replicas.map(({ nodeId }) => nodeId)).not.toContain(learner);
  });

  it('waits for nodes that were not heard of yet before it gives them anything', () => {
    const cluster = new FakeGroups(formed({ nodes: 4, shards: 1 }));
    cluster.unheard.add('n3');
    cluster.lose('n1');
    cluster.settle();
    expect(cluster.replicasOn('n3')).toBe(0);
    cluster.unheard.clear();
    cluster.settle();
    expect(cluster.replicasOn('n3')).toBe(2);
  });

  it('a node that is back before all of it was moved away keeps what is left there', () => {
    const cluster = new FakeGroups(formed({ nodes: 4, shards: 3 }));
    cluster.settle();
    cluster.lose('n0');
    for (let i = 0; i < 4; i++) for (const { action } of cluster.plan()) cluster.act(action);
    cluster.silent.clear();
    cluster.state = run(cluster.state, { type: 'markBack', nodeId: 'n0' });
    cluster.settle();
    cluster.expectVoters(3);
    for (const shard of cluster.shards())
      expect(replicasOf(cluster.map, shard)?.every(({ role }) => role === 'voter')).toBe(true);
  });
});
