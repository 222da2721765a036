// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMetaCommand } from './apply-meta.ts';
import { maxEvents } from './cluster-event.ts';
import { ringMembers } from './cluster-map.ts';
import type { MetaCommand } from './meta-commands.ts';
import type { MetaState } from './meta-state.ts';
import { formed, mapOf, nodeInfo, run } from './testing/maps.ts';

const ids = (state: MetaState): string[] => ringMembers(mapOf(state).nodes).map(({ id }) => id);

describe('a node that is OUT', () => {
  it('leaves the ring, stays listed under its id, and is a member again when it is back', () => {
    const state = formed({ nodes: 3, shards: 1 });
    const out = run(state, { type: 'markOut', nodeId: 'n1', ringEpoch: 1, reason: 'silent' });
    expect(ids(out)).toEqual(['n0', 'n2']);
    expect(mapOf(out).ringEpoch).toBe(2);
    expect(mapOf(out).nodes).toHaveLength(3);
    const back = run(out, { type: 'markBack', nodeId: 'n1' });
    expect(ids(back)).toEqual(ids(state));
    expect(mapOf(back).ringEpoch).toBe(3);
    expect(back.events.map(({ kind, nodeId, reason }) => ({ kind, nodeId, reason })).slice(1)).toEqual([
      { kind: 'nodeOut', nodeId: 'n1', reason: 'silent' },
      { kind: 'nodeBack', nodeId: 'n1', reason: '' },
    ]);
  });

  it('is not made so by a decision about an earlier ring: two decisions at once count one after the other (P-I4)', () => {
    const first = run(formed({ nodes: 5, shards: 1 }), { type: 'markOut', nodeId: 'n1', ringEpoch: 1 });
    const second = applyMetaCommand(first, { type: 'markOut', nodeId: 'n2', ringEpoch: 1 });
    expect(second.result).toEqual({ ok: false, message: 'the ring has changed: its epoch is 2, not 1' });
    expect(ids(second.state)).toHaveLength(4);
  });

  it('is never the last one that takes data', () => {
    let state = run(formed({ nodes: 2, shards: 1 }), { type: 'markOut', nodeId: 'n0', ringEpoch: 1 });
    expect(applyMetaCommand(state, { type: 'markOut', nodeId: 'n1', ringEpoch: 2 }).result.ok).toBe(false);
    expect(applyMetaCommand(state, { type: 'setNodeState', nodeId: 'n1', state: 'draining' }).result.ok).toBe(false);
    state = run(formed({ nodes: 2, shards: 1 }), { type: 'setNodeState', nodeId: 'n0', state: 'draining' });
    expect(applyMetaCommand(state, { type: 'markOut', nodeId: 'n1', ringEpoch: 2 }).result.ok).toBe(false);
  });

  it('stays OUT when it announces another address', () => {
    const out = run(formed({ nodes: 3, shards: 1 }), { type: 'markOut', nodeId: 'n1', ringEpoch: 1 });
    const moved = run(out, { type: 'putNode', node: { ...nodeInfo('n1'), weight: 50 } });
    expect(mapOf(moved).nodes.find(({ id }) => id === 'n1')).toMatchObject({ isOut: true, weight: 50 });
    expect(mapOf(moved).ringEpoch).toBe(2);
  });
});

describe('the epoch of the ring', () => {
  it('rises exactly when members, zones or weights change (P-I5)', () => {
    const node = fc.integer({ min: 0, max: 5 }).map((i) => `n${i}`);
    const command: fc.Arbitrary<MetaCommand> = fc.oneof(
      fc
        .record({ id: node, zone: fc.constantFrom('', 'a'), weight: fc.constantFrom(100, 50) })
        .map(({ id, zone, weight }): MetaCommand => ({ type: 'putNode', node: { ...nodeInfo(id, zone), weight } })),
      fc
        .record({ nodeId: node, state: fc.constantFrom('active' as const, 'draining' as const) })
        .map((change): MetaCommand => ({ type: 'setNodeState', ...change })),
      node.map((nodeId): MetaCommand => ({ type: 'markBack', nodeId })),
      node.map((nodeId): MetaCommand => ({ type: 'removeNode', nodeId })),
      fc
        .record({ nodeId: node, ringEpoch: fc.integer({ min: 1, max: 6 }) })
        .map((out): MetaCommand => ({ type: 'markOut', ...out })),
      node.map((nodeId): MetaCommand => ({ type: 'addReplica', shard: 1, nodeId })),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        let state = formed({ nodes: 3, shards: 1 });
        for (const one of commands) {
          const next = applyMetaCommand(state, one).state;
          const [before, after] = [ringMembers(mapOf(state).nodes), ringMembers(mapOf(next).nodes)];
          const isOther = JSON.stringify(before) !== JSON.stringify(after);
          expect(mapOf(next).ringEpoch).toBe(mapOf(state).ringEpoch + (isOther ? 1 : 0));
          if (isOther) expect(next.previousRing).toEqual(before);
          expect(after.length).toBeGreaterThan(0);
          state = next;
        }
      }),
    );
  });
});

describe('the event log', () => {
  it('tells what was done, when and why', () => {
    const command: MetaCommand = { type: 'addReplica', shard: 1, nodeId: 'n3', reason: '2 of 3 replicas are there' };
    const state = run(formed({ nodes: 4, shards: 1 }));
    const { events } = applyMetaCommand(state, command, 1234).state;
    expect(events.at(-1)).toMatchObject({
      id: 2,
      timeMs: 1234,
      ringEpoch: 1,
      kind: 'replicaAdded',
      nodeId: 'n3',
      shard: 1,
      reason: '2 of 3 replicas are there',
    });
  });

  it('has a limit, and numbers go on', () => {
    let state = formed({ nodes: 3, shards: 1 });
    for (let i = 0; i < maxEvents; i++) {
      state = run(state, { type: 'setNodeState', nodeId: 'n1', state: i % 2 === 0 ? 'draining' : 'active' });
    }
    expect(state.events).toHaveLength(maxEvents);
    expect(state.events.at(-1)?.id).toBe(maxEvents + 1);
    expect(state.events[0]?.id).toBe(2);
  });

  it('says nothing of commands that changed nothing', () => {
    const state = formed({ nodes: 3, shards: 1 });
    const same = run(
      state,
      { type: 'markBack', nodeId: 'n0' },
      { type: 'putNode', node: nodeInfo('n0') },
      { type: 'removeNode', nodeId: 'x' },
      { type: 'markOut', nodeId: 'n0', ringEpoch: 7 },
    );
    expect(same.events).toEqual(state.events);
  });

  it('tells that a node is drained because another one has taken its name', () => {
    const state = run(formed({ nodes: 3, shards: 1 }), { type: 'putNode', node: { ...nodeInfo('new'), name: 'n2' } });
    expect(state.events.slice(-2)).toMatchObject([
      { kind: 'nodeJoined', nodeId: 'new' },
      { kind: 'nodeDraining', nodeId: 'n2', reason: 'node new has taken its name n2' },
    ]);
  });
});
