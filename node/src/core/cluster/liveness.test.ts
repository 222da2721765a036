// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeInfo } from './cluster-map.ts';
import { judgeNodes } from './liveness.ts';
import type { ClusterLiveness, Heard, RingSettings } from './liveness.ts';
import { planRing } from './ring-plan.ts';
import { formed, mapOf, nodeInfo, run } from './testing/maps.ts';

const settings: RingSettings = { suspectAfterMs: 5_000, downAfterMs: 15_000, outAfterMs: 600_000, brakePercent: 34 };

function silence(...silentMs: readonly number[]): (id: string) => Heard {
  return (id) => {
    const ms = silentMs[Number(id.slice(1))] ?? 0;
    return { silentMs: ms, steadyMs: ms >= settings.suspectAfterMs ? 0 : 60_000, isHeard: true };
  };
}

function nodes(count: number, changes: Readonly<Record<number, Partial<NodeInfo>>> = {}): NodeInfo[] {
  return Array.from({ length: count }, (_, i) => {
    return { ...nodeInfo(`n${i}`), state: 'active', isOut: false, ...changes[i] };
  });
}

const states = ({ nodes: judged }: ClusterLiveness): string[] => judged.map(({ state }) => state);

describe('a node', () => {
  it('is ALIVE, SUSPECT or DOWN by how long it is silent, and OUT by decision only', () => {
    const judged = judgeNodes(nodes(6, { 5: { isOut: true } }), silence(0, 4_999, 5_000, 14_999, 15_000, 0), settings);
    expect(states(judged)).toEqual(['ALIVE', 'ALIVE', 'SUSPECT', 'SUSPECT', 'DOWN', 'OUT']);
    expect(states(judgeNodes(nodes(1), silence(10_000_000), settings))).toEqual(['DOWN']);
  });
});

describe('the brake (P-I7)', () => {
  const braked = (list: readonly NodeInfo[], heard: (id: string) => Heard): boolean =>
    judgeNodes(list, heard, settings).brake !== undefined;

  it('lets three nodes heal the loss of one, and five the loss of one, and says who is down when it holds', () => {
    expect(braked(nodes(3), silence(0, 0, 20_000))).toBe(false);
    expect(braked(nodes(5), silence(0, 0, 20_000))).toBe(false);
    expect(judgeNodes(nodes(5), silence(0, 20_000, 20_000), settings).brake).toBe(
      '2 of 5 nodes are DOWN (n1, n2), more than 34 %: nothing moves until some are back or declared gone',
    );
  });

  it('does not count nodes that are OUT or leaving: what was decided is not an accident', () => {
    const out = { isOut: true };
    expect(braked(nodes(5, { 0: out }), silence(99_999, 20_000))).toBe(false);
    expect(braked(nodes(4, { 0: out, 1: { state: 'draining' } }), silence(99_999, 99_999, 20_000))).toBe(true);
    expect(braked(nodes(5, { 0: out, 1: { state: 'draining' } }), silence(99_999, 99_999, 20_000))).toBe(false);
  });

  it('does not count nodes that are only suspect', () => {
    expect(braked(nodes(3), silence(0, 6_000, 6_000))).toBe(false);
  });

  it('holds for every number of nodes exactly above the share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 60 }), (count, down) => {
        const heard = silence(...Array.from({ length: Math.min(down, count) }, () => 20_000));
        expect(braked(nodes(count), heard)).toBe((Math.min(down, count) / count) * 100 > settings.brakePercent);
      }),
    );
  });
});

describe('the plan of the ring', () => {
  const map = mapOf(formed({ nodes: 5, shards: 1 }));
  const plan = (heard: (id: string) => Heard, more: Partial<Parameters<typeof planRing>[0]> = {}) => {
    const now = more.map ?? map;
    const liveness = judgeNodes(now.nodes, heard, settings);
    return planRing({ map: now, liveness, holds: [], nowMs: 1000, ...more }, settings);
  };

  it('sends a node OUT that was away for long, by a decision about this ring', () => {
    expect(plan(silence(0, 599_999))).toBeUndefined();
    expect(plan(silence(0, 600_000))).toEqual({
      type: 'markOut',
      nodeId: 'n1',
      ringEpoch: 1,
      reason: 'no heartbeat for 600000 ms',
    });
  });

  it('does nothing while the brake is on', () => {
    expect(plan(silence(0, 700_000, 20_000))).toBeUndefined();
  });

  it('leaves a node alone that is held, and every held one while the clock is not trusted', () => {
    const holds = [{ nodeId: 'n1', untilMs: 2000 }];
    expect(plan(silence(0, 700_000), { holds })).toBeUndefined();
    expect(plan(silence(0, 700_000), { holds, nowMs: 0 })).toBeUndefined();
    expect(plan(silence(0, 700_000), { holds, nowMs: 2000 })?.type).toBe('markOut');
    expect(plan(silence(700_000), { holds })?.type).toBe('markOut');
  });

  it('takes a node back whose heartbeats are steady again, not one that comes and goes', () => {
    const out = mapOf(run(formed({ nodes: 5, shards: 1 }), { type: 'markOut', nodeId: 'n1', ringEpoch: 1 }));
    const heard =
      (silentMs: number, steadyMs: number) =>
      (id: string): Heard =>
        id === 'n1' ? { silentMs, steadyMs, isHeard: true } : { silentMs: 0, steadyMs: 60_000, isHeard: true };
    expect(plan(heard(100, 4_000), { map: out })).toBeUndefined();
    expect(plan(heard(5_000, 60_000), { map: out })).toBeUndefined();
    expect(plan(heard(100, 5_000), { map: out })).toMatchObject({ type: 'markBack', nodeId: 'n1' });
  });
});
