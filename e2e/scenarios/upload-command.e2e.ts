// SPDX-License-Identifier: Apache-2.0
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cli } from '../harness/command-line.ts';
import { createLink, visit } from '../harness/links-api.ts';
import { metric } from '../harness/metric.ts';
import { TestCluster } from '../harness/test-cluster.ts';
import { eventually } from '../harness/wait.ts';

async function create(cluster: TestCluster, ...codes: readonly string[]): Promise<void> {
  for (const [i, code] of codes.entries()) {
    const response = await createLink(cluster.node(i % 3), { url: `https://example.com/${code}`, code });
    expect(response.status).toBe(201);
    await response.arrayBuffer();
  }
}

const codesOf = (prefix: string): string[] => Array.from({ length: 30 }, (_, i) => `${prefix}${i}`);

it('takes everything off the nodes when it returns, and the links stay where they were', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, shards: 2 });
  const codes = [...codesOf('0'), ...codesOf('z')];
  await create(cluster, ...codes);
  const uploaded = await cli(cluster, 'shard', 'upload', '--all', '--wait', '--output', 'json');
  expect(uploaded).toMatchObject({ exitCode: 0, err: '' });
  expect(JSON.parse(uploaded.out)).toEqual({
    results: [1, 2].map((shard) => ({ shard, sealedGeneration: 1, waitForGeneration: 1, retired: true })),
  });
  const listed = await cli(cluster, 'chunk', 'list', '--output', 'json');
  const shards = [1, 2].map((shard) => ({
    shard,
    chunkSetVersion: 1,
    generations: [{ id: 2, state: 'active', rows: 0 }],
    chunkCount: 1,
    chunks: [{ firstGeneration: 1, holders: [expect.any(String), expect.any(String)] }],
  }));
  expect(JSON.parse(listed.out)).toMatchObject({ shards });
  for (const node of cluster.nodes) {
    await eventually('no hot keys', async () => (await metric(node, 'shortlink_node_hot_keys')) === 0);
    for (const code of codes)
      expect(await visit(node, code)).toEqual({ status: 302, location: `https://example.com/${code}` });
  }
  const again = await cli(cluster, 'shard', 'upload', '2', '--wait');
  expect(again).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^2 +in the object store$/m) });
});

it('says what it waits for while the object store is away, and the cluster goes on by itself', async () => {
  await using cluster = await TestCluster.start({ nodes: 3 });
  await create(cluster, 'a');
  const folder = join(cluster.data, 'objects');
  renameSync(folder, `${folder}.away`);
  const waited = await cli(cluster, 'shard', 'upload', '1', '--wait', '--timeout', '4s');
  expect(waited.exitCode).toBe(5);
  expect(waited.err).toMatch(/generation 1 of shard 1 waits for .*its upload to the object store/);
  expect(await visit(cluster.node(1), 'a')).toMatchObject({ status: 302 });
  renameSync(`${folder}.away`, folder);
  const done = await cli(cluster, 'shard', 'upload', '--all', '--wait');
  expect(done).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^1 +in the object store$/m) });
});

it('is refused in words where there is no object store', async () => {
  await using cluster = await TestCluster.start({ nodes: 1, set: ['objectStore.url='] });
  const refused = await cli(cluster, 'shard', 'upload', '--all');
  expect(refused).toMatchObject({ exitCode: 4, out: '' });
  expect(refused.err).toContain('set objectStore.url');
});
