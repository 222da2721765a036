// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { cli } from '../harness/command-line.ts';
import { createLink } from '../harness/links-api.ts';
import { ringStatus, stateOf } from '../harness/ring.ts';
import { TestCluster, clusterStatus } from '../harness/test-cluster.ts';
import type { TestNode } from '../harness/test-node.ts';
import { eventually } from '../harness/wait.ts';
import { Workload } from '../harness/workload.ts';

/** Short, and yet a machine that is busy for a second or two takes nobody for gone. */
const hasty = ['ring.suspectAfterMs=2000', 'ring.downAfterMs=4000', 'ring.outAfterMs=8000'];
const patienceMs = 120_000;
/** Limits, not measurements: a busy machine takes its time. */
const limit = { timeout: 600_000 };

/** Every group has three voters, all on nodes that live. */
async function isWhole(living: readonly TestNode[]): Promise<boolean> {
  const [through] = living;
  const status = through === undefined ? undefined : await clusterStatus(through);
  if (status === undefined) return false;
  const names = new Set(living.map((node) => `node${node.index}`));
  const ids = new Set(status.nodes.filter(({ name }) => names.has(name)).map(({ id }) => id));
  return [status.meta, ...status.shards.map(({ replicas }) => replicas)].every(
    (replicas) => replicas.length === 3 && replicas.every(({ nodeId, role }) => role === 'voter' && ids.has(nodeId)),
  );
}

it(
  'heals the loss of one of five nodes, and then of another one, without anybody and without losing a write',
  limit,
  async () => {
    await using cluster = await TestCluster.start({ nodes: 5, shards: 3, set: hasty });
    await using workload = new Workload(cluster.nodes);
    await eventually('some load', () => workload.acknowledged > 50);
    const lost: TestNode[] = [];
    for (let round = 0; round < 2; round++) {
      // The leader first: its loss costs an election, too.
      const victim = round === 0 ? await cluster.leader() : cluster.nodes.find((node) => !lost.includes(node));
      if (victim === undefined) return;
      await victim.kill();
      lost.push(victim);
      const living = cluster.nodes.filter((node) => !lost.includes(node));
      await eventually('three living voters in every group', async () => isWhole(living), patienceMs);
      const before = workload.acknowledged;
      await eventually('writes to go on', () => workload.acknowledged > before + 20);
      expect(await stateOf(cluster, victim)).toBe('OUT');
    }
    const living = cluster.nodes.filter((node) => !lost.includes(node));
    const [through, back] = [living[0], lost[0]];
    if (through === undefined || back === undefined) return;
    const known = (await ringStatus(cluster))?.nodes.map(({ id }) => id);
    back.start();
    await eventually('the first one to be back', async () => (await stateOf(cluster, back)) === 'ALIVE', patienceMs);
    await cluster.ready([...living, back]);
    await workload.stop();
    for (const node of [...living, back]) expect(await workload.problems(node)).toEqual([]);
    const status = await ringStatus(cluster);
    expect(status?.nodes.map(({ id }) => id)).toEqual(known);
    expect(status?.events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['nodeOut', 'replicaAdded', 'replicaPromoted', 'replicaRemoved', 'nodeBack']),
    );
    expect(status?.lastChange?.movedShare).toBeLessThanOrEqual(status?.lastChange?.bound ?? 0);
  },
);

it('lets three nodes heal the loss of one, and costs nothing when a node is back in time', limit, async () => {
  await using cluster = await TestCluster.start({
    nodes: 3,
    set: ['ring.suspectAfterMs=2000', 'ring.downAfterMs=4000', 'ring.outAfterMs=20000'],
  });
  const [through, paused, victim] = cluster.nodes;
  if (through === undefined || paused === undefined || victim === undefined) return;
  paused.signal('SIGSTOP');
  await eventually('DOWN', async () => (await stateOf(cluster, paused)) === 'DOWN', patienceMs);
  paused.signal('SIGCONT');
  await eventually('ALIVE', async () => (await stateOf(cluster, paused)) === 'ALIVE', patienceMs);
  const before = await ringStatus(cluster);
  expect(before).toMatchObject({ epoch: 1, brake: null });
  expect(before?.events.map(({ kind }) => kind)).toEqual(['formed']);
  await victim.kill();
  await eventually('OUT', async () => (await stateOf(cluster, victim)) === 'OUT', patienceMs);
  expect(await ringStatus(cluster)).toMatchObject({ epoch: 2, brake: null });
  const response = await createLink(through, { url: 'https://example.com/', code: 'two-of-three' });
  expect(response.status).toBe(201);
  await response.arrayBuffer();
});

it('moves nothing while two of five are down, says so, and goes on when one is declared gone', limit, async () => {
  // One shard, so that two nodes hold nothing and no group loses its majority.
  await using cluster = await TestCluster.start({ nodes: 5, shards: 1, set: hasty });
  const status = await clusterStatus(cluster.node(0));
  const busy = new Set([...(status?.meta ?? []), ...(status?.shards[0]?.replicas ?? [])].map(({ nodeId }) => nodeId));
  const isBusy = (node: TestNode): boolean =>
    status?.nodes.some(({ id, name }) => name === `node${node.index}` && busy.has(id)) === true;
  const through = cluster.nodes.find(isBusy);
  const idle = cluster.nodes.filter((node) => !isBusy(node));
  const [first, second] = idle;
  if (through === undefined || first === undefined || second === undefined)
    throw new Error('no two nodes without replicas');
  expect((await cli(cluster, 'ring', 'hasten', `node${first.index}`)).err).toMatch(/is ALIVE/);
  await Promise.all([first.kill(), second.kill()]);
  await eventually(
    'the brake',
    async () => (await ringStatus(cluster))?.brake?.startsWith('2 of 5 nodes are DOWN') === true,
    patienceMs,
  );
  await sleep(12_000);
  expect((await ringStatus(cluster))?.epoch).toBe(1);
  expect(await cli(cluster, 'ring', 'hasten', `node${first.index}`)).toMatchObject({ exitCode: 0 });
  await eventually('the other one OUT', async () => (await stateOf(cluster, second)) === 'OUT', patienceMs);
  expect(await ringStatus(cluster)).toMatchObject({ epoch: 3, brake: null });
});
