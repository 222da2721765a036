// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TestCluster } from '../harness/test-cluster.ts';
import { eventually } from '../harness/wait.ts';
import { Workload } from '../harness/workload.ts';

it('restarts every node in order under load: each ends by itself, hands over first, and nothing is lost', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, shards: 4, set: ['shutdown.lameDuckMs=500'] });
  await using workload = new Workload(cluster.nodes);
  await sleep(1000);
  for (const node of cluster.nodes) {
    const ended = node.terminate();
    // From the first moment on nobody new should be sent here, while what is under way goes on.
    await eventually('the node to say that it goes', async () => (await node.health())?.ready !== true);
    await ended;
    expect(node.log).toMatch(/node stopped/);
    const before = workload.acknowledged;
    await eventually('writes to go on without it', () => workload.acknowledged > before + 5);
    node.start();
    await cluster.ready();
  }
  await workload.stop();
  for (const node of cluster.nodes) expect(await workload.problems(node)).toEqual([]);
});
