// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { limits } from '@shortlink/common/limits.ts';
import { applyMetaCommand } from './apply-meta.ts';
import type { OperatorOrder } from './meta-commands.ts';
import type { MetaState } from './meta-state.ts';
import { formed, mapOf, nodeInfo, run } from './testing/maps.ts';

const minuteMs = 60_000;

function order(state: MetaState, operatorEpoch: number, what: OperatorOrder, timeMs = 0) {
  return applyMetaCommand(state, { type: 'order', operatorEpoch, order: what }, timeMs);
}

describe('orders of the operator (P-I6)', () => {
  it('are obeyed under the epoch that was taken last, and refused under any other', () => {
    const first = applyMetaCommand(formed({ nodes: 3, shards: 1 }), { type: 'takeOperatorEpoch' });
    expect(first.result).toMatchObject({ ok: true, operatorEpoch: 1 });
    const second = applyMetaCommand(first.state, { type: 'takeOperatorEpoch' });
    expect(second.result).toMatchObject({ ok: true, operatorEpoch: 2 });
    for (const what of ['hold', 'release', 'hasten', 'drain', 'keep'] as const) {
      for (const epoch of [0, 1, 3]) {
        const { result, state } = order(second.state, epoch, { type: what, nodeId: 'n1', durationMs: 1 });
        expect(result).toEqual({
          ok: false,
          message: `operator epoch ${epoch} is not the current one, 2: somebody else is in charge`,
        });
        expect(state).toBe(second.state);
      }
    }
    expect(order(second.state, 2, { type: 'hold', nodeId: 'n1', durationMs: 1 }).result.ok).toBe(true);
  });

  it('need no epoch to be taken where there was never an operator', () => {
    const { result } = order(formed({ nodes: 3, shards: 1 }), 0, { type: 'hasten', nodeId: 'n2' });
    expect(result.ok).toBe(true);
  });

  it('hold a node: it does not go OUT before the time is over', () => {
    const held = order(formed({ nodes: 3, shards: 1 }), 0, { type: 'hold', nodeId: 'n1', durationMs: minuteMs }, 1000);
    const out = { type: 'markOut', nodeId: 'n1', ringEpoch: 1 } as const;
    expect(applyMetaCommand(held.state, out, 1000 + minuteMs - 1).result).toEqual({
      ok: false,
      message: 'node n1 is held',
    });
    expect(applyMetaCommand(held.state, out, 1000 + minuteMs).result.ok).toBe(true);
  });

  it('hold anew instead of twice, and release', () => {
    let state = order(formed({ nodes: 3, shards: 1 }), 0, { type: 'hold', nodeId: 'n1', durationMs: 5 }).state;
    state = order(state, 0, { type: 'hold', nodeId: 'n1', durationMs: minuteMs }, 100).state;
    expect(state.holds).toEqual([{ nodeId: 'n1', untilMs: 100 + minuteMs }]);
    state = order(state, 0, { type: 'release', nodeId: 'n1' }).state;
    expect(state.holds).toEqual([]);
    expect(state.events.map(({ kind }) => kind).slice(-3)).toEqual(['held', 'held', 'released']);
  });

  it('hasten: OUT at once, also when the node was held', () => {
    const held = order(formed({ nodes: 3, shards: 1 }), 0, { type: 'hold', nodeId: 'n1', durationMs: minuteMs }).state;
    const { state } = order(held, 0, { type: 'hasten', nodeId: 'n1' });
    expect(mapOf(state).nodes.find(({ id }) => id === 'n1')?.isOut).toBe(true);
    expect(state.holds).toEqual([]);
    expect(state.events.at(-1)).toMatchObject({ kind: 'nodeOut', reason: 'operator 0: gone for good' });
  });

  it('drain a node, and keep it while it is still there', () => {
    const drained = order(formed({ nodes: 3, shards: 1 }), 0, { type: 'drain', nodeId: 'n1' }).state;
    expect(mapOf(drained).nodes.find(({ id }) => id === 'n1')?.state).toBe('draining');
    expect(drained.events.at(-1)).toMatchObject({ kind: 'nodeDraining', reason: 'operator 0: is to leave' });
    const kept = order(drained, 0, { type: 'keep', nodeId: 'n1' }).state;
    expect(mapOf(kept).nodes.find(({ id }) => id === 'n1')?.state).toBe('active');
  });

  it('do not keep a node whose name another one has taken', () => {
    const state = formed({ nodes: 3, shards: 1 });
    const replaced = run(state, { type: 'putNode', node: { ...nodeInfo('fresh'), name: 'n1' } });
    expect(order(replaced, 0, { type: 'keep', nodeId: 'n1' }).result).toEqual({
      ok: false,
      message: 'node fresh has taken the name n1: node n1 cannot stay',
    });
  });

  it('are refused for nodes that are not there, for the last node, and for times without sense', () => {
    const state = formed({ nodes: 1, shards: 1 });
    expect(order(state, 0, { type: 'hasten', nodeId: 'x' }).result.ok).toBe(false);
    expect(order(state, 0, { type: 'hasten', nodeId: 'n0' }).result.ok).toBe(false);
    for (const durationMs of [0, -1, 1.5, limits.holdMaxMs + 1, Number.NaN])
      expect(order(state, 0, { type: 'hold', nodeId: 'n0', durationMs }).result.ok).toBe(false);
  });

  it('forget the hold of a node that is removed', () => {
    let state = formed({ nodes: 4, shards: 1 });
    state = order(state, 0, { type: 'hold', nodeId: 'n3', durationMs: minuteMs }).state;
    for (const { id } of mapOf(state).meta.filter(({ nodeId }) => nodeId === 'n3'))
      state = run(state, { type: 'removeReplica', shard: 0, replicaId: id });
    state = run(state, { type: 'removeNode', nodeId: 'n3' });
    expect(mapOf(state).nodes).toHaveLength(3);
    expect(state.holds).toEqual([]);
  });

  it('take the time of the group from the entries: it never falls', () => {
    const state = order(formed({ nodes: 3, shards: 1 }), 0, { type: 'release', nodeId: 'n1' }, 5000).state;
    const later = order(state, 0, { type: 'hold', nodeId: 'n1', durationMs: 10 }, 100).state;
    expect(later.timeMs).toBe(5000);
    expect(later.holds).toEqual([{ nodeId: 'n1', untilMs: 5010 }]);
  });
});
