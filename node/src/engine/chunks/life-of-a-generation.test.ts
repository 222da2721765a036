// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { defined } from '@shortlink/common/assert.ts';
import type { EngineConfig } from '../engine-config.ts';
import { LifeCluster, stages } from './testing/life-stages.ts';
import type { Stage } from './testing/life-stages.ts';
import type { ChunkNode } from './testing/chunk-cluster.ts';

/** The node has the state of its leader, row by row, nothing beside it, and finds every link, wherever it lies. */
async function expectWhole(life: LifeCluster, node: ChunkNode): Promise<void> {
  await life.caughtUp(node);
  expect(life.rows(node)).toEqual(life.rows(life.leader));
  expect(life.strays(node)).toEqual([]);
  const [mine, leaders] = [node, life.leader].map((one) => life.replica(one)?.machine.status());
  expect(mine).toEqual(leaders);
  for (const one of life.chunks.nodes) one.tiers.length = 0;
  expect(await life.misread(node)).toEqual([]);
  const readers = life.chunks.nodes.filter(({ tiers }) => tiers.length > 0);
  expect(readers, 'cold rows are read by the node itself').toEqual([node]);
  expect(life.chunks.cluster.fatal).toEqual([]);
}

/** Generations that were under way are retired, and the next one cannot be without the node's word. */
async function expectDuties(life: LifeCluster, node: ChunkNode): Promise<void> {
  const replica = life.replica(node)?.key.replicaId;
  await life.chunks.until('its votes', () =>
    life.records().generations.every(({ votes }) => votes.some((vote) => vote.replica === replica)),
  );
  life.release();
  await life.settle();
  const silent = life.replica(life.other(node))?.key.replicaId;
  life.chunks.isHeld = (command) => command.type === 'digest' && command.replica === silent;
  await life.load();
  await life.seal();
  await life.settle();
  life.release();
  const { chunks } = life.records();
  const held = chunks.filter(({ holders }) => holders.includes(node.engine.nodeId)).map(({ object }) => object.name);
  expect([...node.files.files.keys()].toSorted()).toEqual(held.toSorted());
  await expectWhole(life, node);
}

interface Absence {
  readonly across: string;
  readonly from: Stage;
  readonly to: Stage;
  readonly leads?: boolean;
  /** While it is away it goes on with what it knows. */
  readonly works?: boolean;
  readonly config?: Partial<EngineConfig>;
}

/** OUT after a few seconds: whatever waits for a node that is away goes on without it. */
const config = { ring: { suspectAfterMs: 1_000, downAfterMs: 2_000, outAfterMs: 3_000, brakePercent: 34 } };

const absences: readonly Absence[] = [
  { across: 'nothing but writes', from: 'active', to: 'active' },
  { across: 'SEAL', from: 'active', to: 'sealed' },
  { across: 'EXPORTED', from: 'sealed', to: 'exported' },
  { across: 'REDISTRIBUTE', from: 'exported', to: 'placed' },
  { across: 'RETIRE', from: 'placed', to: 'retired' },
  { across: 'MERGE', from: 'retired', to: 'merging' },
  { across: 'MERGED', from: 'merging', to: 'merged' },
  { across: 'REPLACE', from: 'merged', to: 'replaced' },
  { across: 'all of them', from: 'active', to: 'replaced', config },
  { across: 'all of them, as their leader before,', from: 'active', to: 'replaced', leads: true, config },
  { across: 'all of them, while it went on with its own work,', from: 'sealed', to: 'replaced', works: true, config },
  {
    across: 'all of them, while it went on with its work as their leader,',
    from: 'sealed',
    to: 'replaced',
    leads: true,
    works: true,
    config,
  },
];

describe('C9 and CL-I15: a replica that was away', () => {
  it.each(absences)('across $across is brought up by a snapshot and goes on with the others', async (absence) => {
    const life = await LifeCluster.start(absence.config);
    await life.advance(absence.from);
    const node = absence.leads === true ? life.leader : life.follower;
    const { cluster } = life.chunks;
    const before = life.replica(node)?.machine.slot;
    life.leave(node, absence.works === true);
    await cluster.until('a leader', () => life.hasLeader);
    await life.advance(absence.to);
    await life.compact();
    life.comeBack(node);
    await expectWhole(life, node);
    expect(life.replica(node)?.machine.slot, 'by a snapshot').not.toBe(before);
    node.isAway = false;
    await life.rounds(1);
    expect(life.stage()).toBe(absence.to);
    await expectDuties(life, node);
  });
});

describe('C9 and CL-I15: a learner that joins', () => {
  it.each(stages.map((stage) => ({ stage })))('at the stage "$stage" takes the place of a voter', async ({ stage }) => {
    const life = await LifeCluster.start();
    await life.advance(stage);
    await life.compact();
    const { cluster } = life.chunks;
    const leaving = life.follower;
    const node = life.chunks.join();
    const { nodeId } = leaving.engine;
    await cluster.until('it to be a member', () => node.engine.volume.map !== undefined);
    const ordered = life.leader.engine.driver.propose({ type: 'setNodeState', nodeId, state: 'draining' });
    await cluster.until('its replica', () => life.replica(node) !== undefined);
    expect(await ordered).toMatchObject({ ok: true });
    expect(life.replica(node)?.machine.appliedIndex).toBe(0);
    await expectWhole(life, node);
    await cluster.until('its vote', () => {
      const { key, machine } = defined(life.replica(node), 'replica');
      const { voters, votersOutgoing } = machine.confState;
      return voters.includes(key.replicaId) && voters.length === 3 && votersOutgoing.length === 0;
    });
    await cluster.until('the other one to go', () => life.replica(leaving) === undefined);
    life.leave(leaving, false);
    await life.rounds(1);
    expect(life.stage()).toBe(stage);
    await expectDuties(life, node);
  });
});
