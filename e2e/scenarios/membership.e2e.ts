// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { createLink, visit } from '../harness/links-api.ts';
import { shortlink } from '../harness/program.ts';
import { TestCluster, clusterStatus } from '../harness/test-cluster.ts';
import { TestNode } from '../harness/test-node.ts';
import { eventually } from '../harness/wait.ts';
import { Workload } from '../harness/workload.ts';

function cli(...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const ran = spawnSync(shortlink, args, { encoding: 'utf8', timeout: 120_000 });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

it('adds a node and removes another one under load without losing a write', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, shards: 4 });
  await using workload = new Workload(cluster.nodes);
  await sleep(1000);
  const added = cli('add-node', '--data', cluster.data);
  expect(added, added.err).toMatchObject({ code: 0 });
  const fourth = new TestNode(cluster.data, 3, cluster.basePort);
  cluster.nodes.push(fourth);
  fourth.start();
  await eventually('the new node to be ready', async () => fourth.isReady(), 60_000);
  const removed = cli('remove-node', 'node0', '--api', cluster.node(1).api);
  expect(removed, removed.err).toMatchObject({ code: 0 });
  await eventually(
    'the node to be forgotten',
    async () => (await clusterStatus(cluster.node(1)))?.nodes.every((node) => node.name !== 'node0') === true,
    90_000,
  );
  const status = await clusterStatus(cluster.node(1));
  expect(status?.shards.map((shard) => shard.replicas.filter((replica) => replica.role === 'voter').length)).toEqual([
    3, 3, 3, 3,
  ]);
  await sleep(500);
  await workload.stop();
  for (const node of cluster.nodes.slice(1)) expect(await workload.problems(node)).toEqual([]);
});

it('serves every shard through every one of five nodes, also those that hold no replica of it', async () => {
  await using cluster = await TestCluster.start({ nodes: 5, shards: 4 });
  for (const [i, node] of cluster.nodes.entries()) {
    for (const first of ['0', 'a', 'k', 'z']) {
      const response = await createLink(node, { url: `https://example.com/${i}`, code: `${first}-five-${i}` });
      expect(response.status).toBe(201);
      await response.arrayBuffer();
      for (const reader of cluster.nodes) {
        expect(await visit(reader, `${first}-five-${i}`)).toEqual({
          status: 302,
          location: `https://example.com/${i}`,
        });
      }
    }
  }
  const status = await clusterStatus(cluster.node(0));
  for (const shard of status?.shards ?? []) expect(shard.replicas).toHaveLength(3);
  const leaders = new Set(status?.shards.map((shard) => shard.leaderNodeId));
  expect(leaders.size).toBeGreaterThan(1);
});

it('refuses to remove the last active node', async () => {
  await using cluster = await TestCluster.start({ nodes: 1 });
  const removed = cli('remove-node', 'node0', '--api', cluster.node(0).api);
  expect(removed.code).not.toBe(0);
  expect(removed.err).toMatch(/last/);
});
