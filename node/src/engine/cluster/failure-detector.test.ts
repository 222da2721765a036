// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { formed, mapOf, nodeInfo, run } from '../../core/cluster/testing/maps.ts';
import type { RingSettings } from '../../core/cluster/liveness.ts';
import { FailureDetector } from './failure-detector.ts';

const settings: RingSettings = { suspectAfterMs: 1000, downAfterMs: 3000, outAfterMs: 9000, brakePercent: 34 };
const facts = {
  chunksHeld: 3,
  chunkBytes: 0,
  diskFreeBytes: undefined,
  chunkProblem: undefined,
  storeProblem: undefined,
};
const state = formed({ nodes: 3, shards: 1 });
const map = mapOf(state);

let nowMs = 0;
let detector: FailureDetector;
beforeEach(() => {
  nowMs = 100_000;
  detector = new FailureDetector({ nowMs: () => 0, monotonicMs: () => nowMs }, settings);
});

const stateOf = (id: string, term = 1) => detector.judge(map, term).nodes.find((node) => node.id === id);

describe('the failure detector', () => {
  it('counts from the last heartbeat', () => {
    detector.judge(map, 1);
    for (let i = 0; i < 10; i++) {
      nowMs += 200;
      detector.heard('n1', facts);
    }
    expect(stateOf('n1')).toMatchObject({ state: 'ALIVE', silentMs: 0, steadyMs: 1800, isHeard: true });
    nowMs += 1000;
    expect(stateOf('n1')?.state).toBe('SUSPECT');
    nowMs += 2000;
    expect(stateOf('n1')).toMatchObject({ state: 'DOWN', isSilent: true });
    detector.heard('n1', facts);
    expect(stateOf('n1')).toMatchObject({ state: 'ALIVE', steadyMs: 0 });
  });

  it('starts anew with every term: what an earlier leader waited for counts nothing', () => {
    stateOf('n1');
    nowMs += 50_000;
    expect(stateOf('n1')?.state).toBe('DOWN');
    expect(stateOf('n1', 2)).toMatchObject({ state: 'ALIVE', silentMs: 0, isHeard: false });
    nowMs += 2999;
    expect(stateOf('n1', 2)?.state).toBe('SUSPECT');
    nowMs += 1;
    expect(stateOf('n1', 2)?.state).toBe('DOWN');
  });

  it('knows at once whom it heard as a follower just before', () => {
    detector.heard('n2', facts);
    nowMs += 100;
    expect(stateOf('n2', 7)).toMatchObject({ state: 'ALIVE', isHeard: false });
    detector.heard('n2', facts);
    expect(stateOf('n2', 7)?.isHeard).toBe(true);
  });

  it('blames nobody for its own standstill', () => {
    detector.heard('n1', facts);
    stateOf('n1');
    nowMs += 60_000;
    detector.startAnew();
    expect(stateOf('n1')?.state).toBe('ALIVE');
  });

  it('gives a node that has just joined its time', () => {
    stateOf('n1');
    nowMs += 50_000;
    const joined = mapOf(run(state, { type: 'putNode', node: nodeInfo('n9') }));
    expect(detector.judge(joined, 1).nodes.find(({ id }) => id === 'n9')?.state).toBe('ALIVE');
  });

  it('keeps what a node carries until that is old, and nothing of nodes that are no members', () => {
    detector.heard('n1', facts);
    detector.heard('gone', facts);
    expect(detector.factsOf('n1')?.chunksHeld).toBe(3);
    detector.judge(map, 1);
    expect(detector.factsOf('gone')).toBeUndefined();
    nowMs += 3000;
    expect(detector.factsOf('n1')).toBeUndefined();
  });
});
