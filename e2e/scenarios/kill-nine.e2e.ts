// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TestCluster } from '../harness/test-cluster.ts';
import { eventually } from '../harness/wait.ts';
import { Workload } from '../harness/workload.ts';

async function loaded(run: (cluster: TestCluster, workload: Workload) => Promise<void>, shards = 1): Promise<void> {
  await using cluster = await TestCluster.start({ nodes: 3, shards });
  await using workload = new Workload(cluster.nodes);
  await sleep(1000);
  await run(cluster, workload);
  await sleep(1000);
  await workload.stop();
  await cluster.ready();
  for (const node of cluster.nodes) expect(await workload.problems(node)).toEqual([]);
  expect(workload.acknowledged).toBeGreaterThan(10);
}

it('loses no acknowledged write when the leader is killed again and again under load', async () => {
  await loaded(async (cluster, workload) => {
    for (let round = 0; round < 3; round++) {
      const leader = await cluster.leader();
      const before = workload.acknowledged;
      await leader.kill();
      await cluster.ready(cluster.nodes.filter((node) => node !== leader));
      await eventually('writes to go on without it', () => workload.acknowledged > before + 5);
      leader.start();
      await cluster.ready();
    }
  });
});

it('loses no acknowledged write when followers are killed under load, one after the other', async () => {
  await loaded(async (cluster) => {
    for (const node of cluster.nodes) {
      if (node === (await cluster.leader())) continue;
      await node.kill();
      await sleep(700);
      node.start();
      await cluster.ready();
    }
  }, 4);
});

it('loses no acknowledged write when all nodes are killed at once and come back in any order', async () => {
  await loaded(async (cluster) => {
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
    ]) {
      await Promise.all(cluster.nodes.map(async (node) => node.kill()));
      for (const i of order) {
        cluster.node(i).start();
        await sleep(400);
      }
      await cluster.ready();
      await sleep(500);
    }
  });
});
