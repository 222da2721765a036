// SPDX-License-Identifier: Apache-2.0
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLink, visit } from '../harness/links-api.ts';
import { TestCluster, clusterStatus } from '../harness/test-cluster.ts';
import type { TestNode } from '../harness/test-node.ts';
import { eventually } from '../harness/wait.ts';

function wipe(node: TestNode): void {
  for (const name of readdirSync(node.folder)) {
    if (name !== 'config.yaml' && name !== 'log') rmSync(join(node.folder, name), { recursive: true });
  }
}

async function clusterIds(nodes: readonly TestNode[]): Promise<readonly (string | null)[]> {
  const statuses = await Promise.all(nodes.map(clusterStatus));
  return statuses.map((status) => status?.clusterId ?? null);
}

/** A cluster that formed once, all of whose nodes are stopped and empty again. */
async function unformed(): Promise<TestCluster> {
  const cluster = await TestCluster.start({ nodes: 3 });
  await Promise.all(cluster.nodes.map(async (node) => node.kill()));
  for (const node of cluster.nodes) wipe(node);
  // Or what the first cluster has left there would be in the way of a second one.
  rmSync(join(cluster.data, 'objects'), { recursive: true, force: true });
  return cluster;
}

it('forms one cluster whatever the order and the delays of the start', async () => {
  await using cluster = await unformed();
  for (const i of [2, 0, 1]) {
    expect(new Set((await clusterIds(cluster.nodes)).filter((id) => id !== null)).size).toBe(0);
    cluster.node(i).start();
    await sleep(3000);
  }
  await cluster.ready();
  const ids = await clusterIds(cluster.nodes);
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).not.toBeNull();
});

it('forms one cluster when nodes are killed again and again while it forms', async () => {
  await using cluster = await unformed();
  for (const node of cluster.nodes) node.start();
  for (let round = 0; round < 6; round++) {
    const victim = cluster.node(round % 3);
    await eventually('the process to have started', () => victim.isRunning());
    await victim.kill();
    await sleep(50 * round);
    victim.start();
  }
  await cluster.ready();
  expect(new Set(await clusterIds(cluster.nodes)).size).toBe(1);
});

it('never forms a second cluster when two of three volumes are wiped while the third node is away', async () => {
  await using cluster = await TestCluster.start({ nodes: 3 });
  const [first] = await clusterIds(cluster.nodes);
  const created = await createLink(cluster.node(0), { url: 'https://example.com/kept', code: 'kept' });
  expect(created.status).toBe(201);
  await Promise.all(cluster.nodes.map(async (node) => node.kill()));
  wipe(cluster.node(0));
  wipe(cluster.node(1));
  cluster.node(0).start();
  cluster.node(1).start();
  await sleep(8000);
  expect(await clusterIds(cluster.nodes)).toEqual([null, null, null]);
  cluster.node(2).start();
  await sleep(8000);
  const ids = (await clusterIds(cluster.nodes)).filter((id) => id !== null);
  expect(new Set(ids)).toEqual(new Set([first]));
  // Without a quorum nothing is served, and nothing is made up either.
  expect((await visit(cluster.node(0), 'kept')).status).toBe(503);
});
