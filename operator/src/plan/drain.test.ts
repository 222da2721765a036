// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { actions, node, observe, plan, pod } from './testing/examples.ts';

describe('nodes that are to be drained', () => {
  const four = { replicas: 4, drainedPods: ['links-1'] };

  it('are, one at a time, and their pods stay when they have left', () => {
    expect(actions(plan(observe(4), four))).toEqual(['removeNode n1']);
    const draining = observe(4, {}, { nodes: [node(0), node(1, { isDraining: true }), node(2), node(3)] });
    expect(plan(draining, { ...four, drainedPods: ['links-1', 'links-2'] })).toMatchObject({
      steps: [],
      waitingFor: 'node links-1 to hand over the meta group, shard 1',
    });
    const left = observe(
      4,
      { pods: [pod(0), pod(1, { isReady: false }), pod(2), pod(3)] },
      { nodes: [node(0), node(2), node(3)] },
    );
    expect(plan(left, four)).toMatchObject({ steps: [], waitingFor: undefined, refusals: [] });
    const highest = observe(
      4,
      { pods: [pod(0), pod(1), pod(2), pod(3, { isReady: false })] },
      { nodes: [node(0), node(1), node(2)] },
    );
    expect(plan(highest, { ...four, drainedPods: ['links-3'] })).toMatchObject({ steps: [], waitingFor: undefined });
  });

  it('stay where redundancy or space forbid it', () => {
    const refused = plan(observe(3), { drainedPods: ['links-1'] });
    expect(refused.steps).toEqual([]);
    expect(refused.refusals).toEqual([
      expect.stringContaining('node links-1 cannot be drained: 2 nodes would be left'),
    ]);
    const full = [0, 1, 2, 3].map((i) => node(i, { chunkBytes: 5000, diskFreeBytes: 1000 }));
    expect(plan(observe(4, {}, { nodes: full }), four).refusals[0]).toContain('need 5.9 KiB elsewhere');
    const sick = observe(4, { pods: [pod(0, { isReady: false }), pod(1), pod(2), pod(3)] });
    expect(plan(sick, four)).toMatchObject({ steps: [], waitingFor: expect.stringContaining('links-0') });
  });

  it('come back when they are wanted again: as they are while they are members, anew when they have left', () => {
    const draining = observe(4, {}, { nodes: [node(0), node(1, { isDraining: true }), node(2), node(3)] });
    expect(actions(plan(draining, { replicas: 4 }))).toEqual(['cancelRemoveNode n1']);
    const left = observe(4, {}, { nodes: [node(0), node(2), node(3)] });
    expect(actions(plan(left, { replicas: 4 }))).toEqual(['deleteClaim data-links-1', 'deletePod links-1']);
  });

  it('keep nobody waiting when they have left: neither a rollout nor the next drain', () => {
    const nodes = [node(0), node(2), node(3)];
    const pods = [pod(0, { templateHash: 'old' }), pod(1, { templateHash: 'old', isReady: false }), pod(2), pod(3)];
    expect(actions(plan(observe(4, { pods }, { nodes }), four))).toContain('deletePod links-0');
    const done = [pod(0), pod(1, { templateHash: 'old', isReady: false }), pod(2), pod(3)];
    expect(plan(observe(4, { pods: done }, { nodes }), four)).toMatchObject({ steps: [], waitingFor: undefined });
    const five = observe(5, { pods: [...done, pod(4)] }, { nodes: [...nodes, node(4)] });
    expect(actions(plan(five, { replicas: 5, drainedPods: ['links-1', 'links-2'] }))).toEqual(['removeNode n2']);
  });
});
