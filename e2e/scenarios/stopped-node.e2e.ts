// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TestCluster } from '../harness/test-cluster.ts';
import { eventually } from '../harness/wait.ts';
import { Workload } from '../harness/workload.ts';

it('goes on without a leader that hangs for long, and does not believe it when it wakes', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, set: ['raft.compactEntries=100'] });
  await using workload = new Workload(cluster.nodes);
  await sleep(1000);
  const leader = await cluster.leader();
  leader.signal('SIGSTOP');
  const others = cluster.nodes.filter((node) => node !== leader);
  await cluster.ready(others);
  const before = workload.acknowledged;
  await sleep(12_000);
  await eventually('writes to go on without it', () => workload.acknowledged > before + 5);
  leader.signal('SIGCONT');
  await cluster.ready();
  await sleep(1000);
  await workload.stop();
  for (const node of cluster.nodes) expect(await workload.problems(node)).toEqual([]);
});
