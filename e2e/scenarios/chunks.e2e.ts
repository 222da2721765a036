// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLink, visit } from '../harness/links-api.ts';
import { metric } from '../harness/metric.ts';
import { cli } from '../harness/command-line.ts';
import { TestCluster } from '../harness/test-cluster.ts';
import type { TestNode } from '../harness/test-node.ts';
import { eventually } from '../harness/wait.ts';
import { Workload } from '../harness/workload.ts';

const settings = ['chunks.sealAfterBytes=40000', 'ring.suspectAfterMs=2000', 'ring.downAfterMs=4000'];

async function load(cluster: TestCluster, prefix: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const response = await createLink(cluster.node(i % 3), {
      url: `https://example.com/${prefix}/${i}`,
      code: `${prefix}${i}`,
    });
    expect(response.status).toBe(201);
    await response.arrayBuffer();
  }
}

/** What a node says of generations and chunks, and the end of what its chunk thread has logged. */
async function standing(node: TestNode): Promise<string> {
  const text = await (await fetch(`${node.ops}/metrics`)).text();
  const lines = text.split('\n').filter((line) => /^shortlink_node_(?:chunk|generations|hot|checkpoint)/.test(line));
  const log = node.log.split('\n').filter((line) => line.includes('"thread":"chunk"'));
  return [...lines, ...log.slice(-5)].join('\n');
}

async function retired(cluster: TestCluster, atLeast: number): Promise<void> {
  const isRetired = async (node: TestNode): Promise<boolean> =>
    (await metric(node, 'shortlink_node_chunks{state="retired"}')) >= atLeast &&
    (await metric(node, 'shortlink_node_generations_waiting')) === 0;
  const all = async (): Promise<boolean> => (await Promise.all(cluster.nodes.map(isRetired))).every(Boolean);
  try {
    await eventually(`${atLeast} chunks on every node’s view, and nothing on its way`, all, 60_000);
  } catch (cause) {
    throw new Error((await Promise.all(cluster.nodes.map(standing))).join('\n\n'), { cause });
  }
}

it('moves links to the object store, keeps the hot state small, and serves them all through every node', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, set: settings });
  await load(cluster, 'a', 1500);
  await retired(cluster, 2);
  for (const node of cluster.nodes) {
    expect(await metric(node, 'shortlink_node_hot_keys')).toBeLessThan(1000);
    for (const i of [0, 1, 777, 1499]) {
      expect(await visit(node, `a${i}`)).toEqual({ status: 302, location: `https://example.com/a/${i}` });
    }
    expect((await visit(node, 'a1500')).status).toBe(404);
  }
  const ring = JSON.parse((await cli(cluster, 'ring', 'status', '--output', 'json')).out) as {
    readonly nodes: readonly { readonly chunksHeld: number }[];
    readonly chunks: { readonly total: number; readonly underReplicated: number };
  };
  expect(ring.chunks.underReplicated).toBe(0);
  expect(ring.chunks.total).toBeGreaterThanOrEqual(2);
  expect(ring.nodes.reduce((sum, node) => sum + node.chunksHeld, 0)).toBe(2 * ring.chunks.total);
  const again = await createLink(cluster.node(1), { url: 'https://example.com/other', code: 'a0' });
  expect(again.status).toBe(409);
  const gone = await fetch(`${cluster.node(2).api}/api/v1/links/a1`, { method: 'DELETE' });
  expect(gone.status).toBe(204);
  for (const node of cluster.nodes) expect((await visit(node, 'a1')).status).toBe(410);
  const reborn = await createLink(cluster.node(0), { url: 'https://example.com/other', code: 'a1' });
  expect(reborn.status).toBe(409);
});

it('uploads on request, and waits until everything is retired', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, shards: 2 });
  await load(cluster, 'u', 60);
  const uploaded = await cli(cluster, 'shard', 'upload', '--all', '--wait');
  expect(uploaded, uploaded.err).toMatchObject({ exitCode: 0 });
  await eventually('nothing to be hot', async () => (await metric(cluster.node(0), 'shortlink_node_hot_keys')) === 0);
  expect(await visit(cluster.node(2), 'u59')).toEqual({ status: 302, location: 'https://example.com/u/59' });
});

it('loses nothing and stays linearizable when nodes die while generations are on their way', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, set: settings });
  await using workload = new Workload(cluster.nodes);
  for (let round = 0; round < 3; round++) {
    const before = workload.acknowledged;
    await eventually('writes', () => workload.acknowledged > before + 150);
    const victim = round === 1 ? await cluster.leader() : cluster.node(round);
    await victim.kill();
    await eventually('writes to go on', () => workload.acknowledged > before + 200);
    victim.start();
    await cluster.ready();
  }
  // Under load there is always a generation on its way.
  await workload.stop();
  await retired(cluster, 2);
  for (const node of cluster.nodes) expect(await workload.problems(node)).toEqual([]);
});

it('reads from elsewhere when a copy is damaged or gone, and copies it again', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, set: settings });
  await load(cluster, 'b', 800);
  await retired(cluster, 1);
  await eventually('copies', async () => (await metric(cluster.node(0), 'shortlink_node_chunks_moving')) === 0);
  await Promise.all(cluster.nodes.map(async (node) => node.kill()));
  let damaged = 0;
  for (const node of cluster.nodes) {
    const folder = join(node.folder, 'chunks');
    for (const [i, name] of readdirSync(folder).entries()) {
      const path = join(folder, name);
      if (i % 2 === 0) {
        const bytes = readFileSync(path);
        bytes.fill(0x5a, 100, Math.min(statSync(path).size, 4000));
        writeFileSync(path, bytes);
      } else {
        rmSync(path);
      }
      damaged++;
    }
  }
  expect(damaged).toBeGreaterThan(1);
  for (const node of cluster.nodes) node.start();
  await cluster.ready();
  for (const node of cluster.nodes) {
    for (let i = 0; i < 800; i += 7) {
      expect(await visit(node, `b${i}`)).toEqual({ status: 302, location: `https://example.com/b/${i}` });
    }
  }
});
