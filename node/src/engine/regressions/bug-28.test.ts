// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { CrashCluster } from './testing/crash-cluster.ts';

it('bug 28 (hashicorp#487, hashicorp#696): a transfer whose target is gone does not stop writes for long', async () => {
  const cluster = await new CrashCluster({ nodes: 3 }).form();
  await cluster.created(cluster.leader(), 'before');
  const leader = cluster.leader();
  const target = (leader + 1) % 3;
  cluster.network.cut(cluster.engine(target).nodeId);
  const answers: string[] = [];
  const toNodeId = cluster.engine(target).nodeId;
  cluster.engine(leader).admin({ type: 'transferLeadership', shard: 1, toNodeId }, ({ type }) => answers.push(type));
  await cluster.until('the order', () => answers.length > 0);
  expect(answers).toEqual(['accepted']);
  // Two election timeouts are time enough to give up.
  await cluster.run(20);
  await cluster.created([0, 1, 2].find((i) => i !== target && cluster.replica(i).isLeader) ?? leader, 'after');
  cluster.network.heal(toNodeId);
  await cluster.until('all to agree', () => [0, 1, 2].every((i) => cluster.holds(i, 'after')));
});

it('bug 28: a node that hands its leaderships over while a successor dies goes on', async () => {
  const cluster = await new CrashCluster({ nodes: 3 }).form();
  await cluster.created(cluster.leader(), 'before');
  const leader = cluster.leader();
  const drained = cluster.engine(leader).drain(5);
  const [other] = [0, 1, 2].filter((i) => i !== leader);
  cluster.network.cut(cluster.engine(other ?? 0).nodeId);
  await cluster.run(40);
  await drained;
  const now = [0, 1, 2].find((i) => i !== other && cluster.replica(i).isLeader);
  expect(now).toBeDefined();
  await cluster.created(now ?? leader, 'after');
});
