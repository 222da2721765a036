// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cli } from '../harness/command-line.ts';
import { createLink, visit } from '../harness/links-api.ts';
import { metric } from '../harness/metric.ts';
import { TestCluster } from '../harness/test-cluster.ts';
import { eventually } from '../harness/wait.ts';
import { Workload } from '../harness/workload.ts';

const settings = [
  'chunks.sealAfterBytes=30000',
  'chunks.mergeTargetBytes=65536',
  'chunks.gcMinAgeMs=2000',
  'chunks.orphanMinAgeMs=5000',
];

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

function objectsOf(cluster: TestCluster): string[] {
  const names = readdirSync(join(cluster.data, 'objects'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.chunk') && name.includes('chunks/'));
}

/** Everything was uploaded, keys have few candidates, and the store has what is on record and nothing else. */
async function settled(cluster: TestCluster, candidates: number): Promise<number> {
  let chunks = 0;
  const uploaded = await cli(cluster, 'shard', 'upload', '--all', '--wait');
  expect(uploaded).toMatchObject({ exitCode: 0 });
  await eventually(
    'few candidates, and no garbage',
    async () => {
      for (const node of cluster.nodes) {
        chunks = await metric(node, 'shortlink_node_chunks{state="retired"}');
        const garbage = await metric(node, 'shortlink_node_chunks{state="garbage"}');
        const most = await metric(node, 'shortlink_node_chunk_candidates');
        if (most > candidates || garbage > 0 || objectsOf(cluster).length !== chunks) return false;
      }
      return true;
    },
    120_000,
  );
  return chunks;
}

async function events(cluster: TestCluster, event: string): Promise<number> {
  const counts = cluster.nodes.map((node) => metric(node, `shortlink_node_chunk_events_total{event="${event}"}`));
  return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
}

it('merges small chunks until a key has few candidates, deletes what they replace, and serves every link', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, set: settings });
  await load(cluster, 'a', 3000);
  const chunks = await settled(cluster, 4);
  const exported = await events(cluster, 'exported');
  expect(exported).toBeGreaterThan(5);
  expect(chunks).toBeLessThan(exported);
  expect(await events(cluster, 'mergeVerified')).toBeGreaterThan(0);
  expect(await events(cluster, 'collected')).toBeGreaterThan(0);
  for (const node of cluster.nodes) {
    expect(await metric(node, 'shortlink_node_chunk_rewrites')).toBeGreaterThan(0);
    for (let i = 0; i < 3000; i++)
      expect(await visit(node, `a${i}`)).toEqual({ status: 302, location: `https://example.com/a/${i}` });
    expect((await visit(node, 'a3000')).status).toBe(404);
  }
});

it('never gives a deleted code away, not after it was merged to the bottom', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, set: [...settings, 'chunks.maxCandidates=2'] });
  await load(cluster, 'dead', 3);
  await load(cluster, 'x', 300);
  await cli(cluster, 'shard', 'upload', '--all', '--wait');
  const gone = await fetch(`${cluster.node(2).api}/api/v1/links/dead1`, { method: 'DELETE' });
  expect(gone.status).toBe(204);
  await load(cluster, 'y', 300);
  await settled(cluster, 1);
  expect(await events(cluster, 'merged')).toBeGreaterThan(0);
  for (const node of cluster.nodes) {
    expect((await visit(node, 'dead1')).status).toBe(410);
    expect((await visit(node, 'dead2')).status).toBe(302);
    const again = await createLink(node, { url: 'https://example.com/other', code: 'dead1' });
    expect(again.status).toBe(409);
    await again.arrayBuffer();
  }
});

it('stays linearizable and loses nothing when nodes die while chunks are merged and deleted', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, set: [...settings, 'chunks.maxCandidates=2'] });
  await using workload = new Workload(cluster.nodes);
  for (let round = 0; round < 3; round++) {
    const before = workload.acknowledged;
    const merged = await events(cluster, 'merged');
    await eventually('writes', () => workload.acknowledged > before + 150);
    await eventually('a merge', async () => (await events(cluster, 'merged')) > merged, 60_000);
    const victim = round === 1 ? await cluster.leader() : cluster.node(round);
    await victim.kill();
    await eventually('writes to go on', () => workload.acknowledged > before + 200);
    victim.start();
    await cluster.ready();
  }
  await workload.stop();
  await settled(cluster, 2);
  for (const node of cluster.nodes) expect(await workload.problems(node)).toEqual([]);
});
