// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLink } from '../harness/links-api.ts';
import { TestCluster, clusterStatus } from '../harness/test-cluster.ts';
import type { TestNode } from '../harness/test-node.ts';
import { eventually } from '../harness/wait.ts';
import { Workload } from '../harness/workload.ts';

/** Everything but the configuration, as a new disk under an old name. */
function wipe(node: TestNode): void {
  for (const name of readdirSync(node.folder)) {
    if (name !== 'config.yaml' && name !== 'log') rmSync(join(node.folder, name), { recursive: true });
  }
}

/** All groups have three voters on the nodes that are there, and the lost identity is forgotten. */
async function healed(cluster: TestCluster, lostId: string): Promise<void> {
  await eventually(
    'the lost node to be replaced',
    async () => {
      const status = await clusterStatus(cluster.node(0));
      return (
        status !== undefined &&
        status.nodes.length === 3 &&
        status.nodes.every((node) => node.id !== lostId) &&
        status.shards.every(
          (shard) => shard.replicas.length === 3 && shard.replicas.every((replica) => replica.role === 'voter'),
        )
      );
    },
    90_000,
  );
}

async function idOf(cluster: TestCluster, node: TestNode): Promise<string> {
  const status = await clusterStatus(cluster.node(0));
  const id = status?.nodes.find((n) => n.name === `node${node.index}`)?.id;
  if (id === undefined) throw new Error('the cluster does not know the node');
  return id;
}

it('takes a node whose disk is gone back as a new node, and loses nothing', async () => {
  await using cluster = await TestCluster.start({ nodes: 3 });
  await using workload = new Workload(cluster.nodes);
  await sleep(1500);
  const victim = cluster.node(2);
  const lostId = await idOf(cluster, victim);
  await victim.kill();
  wipe(victim);
  victim.start();
  await healed(cluster, lostId);
  await workload.stop();
  await cluster.ready();
  for (const node of cluster.nodes) expect(await workload.problems(node)).toEqual([]);
});

it('refuses to start on a log that is corrupt in the middle, says why, and comes back as a new replica', async () => {
  await using cluster = await TestCluster.start({ nodes: 3 });
  for (let i = 0; i < 300; i++) {
    const response = await createLink(cluster.node(0), { url: `https://example.com/${i}`, code: `k${i}` });
    expect(response.status).toBe(201);
    await response.arrayBuffer();
  }
  const victim = cluster.node(1);
  const lostId = await idOf(cluster, victim);
  await victim.kill();
  const store = join(victim.folder, 'store');
  const newest = readdirSync(store)
    .filter((name) => name.endsWith('.log'))
    .toSorted()
    .at(-1);
  if (newest === undefined) throw new Error('the store has no log');
  const bytes = readFileSync(join(store, newest));
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0x40;
  writeFileSync(join(store, newest), bytes);
  victim.start();
  expect(await victim.exitCode()).not.toBe(0);
  expect(victim.log).toMatch(/corrupt/);
  wipe(victim);
  victim.start();
  await healed(cluster, lostId);
  await cluster.ready();
  const response = await fetch(`${victim.redirect}/k299`, { redirect: 'manual' });
  expect(response.headers.get('location')).toBe('https://example.com/299');
});

it('does not start empty when the store of a node that had data is gone', async () => {
  await using cluster = await TestCluster.start({ nodes: 3 });
  const victim = cluster.node(1);
  await victim.kill();
  rmSync(join(victim.folder, 'store'), { recursive: true });
  victim.start();
  expect(await victim.exitCode()).not.toBe(0);
  expect(victim.log).toMatch(/holds no store/);
});
