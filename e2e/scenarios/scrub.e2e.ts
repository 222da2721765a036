// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { cli } from '../harness/command-line.ts';
import { createLink, visit } from '../harness/links-api.ts';
import { metric } from '../harness/metric.ts';
import { TestCluster } from '../harness/test-cluster.ts';

const settings = ['chunks.sealAfterBytes=30000', 'chunks.gcMinAgeMs=3600000', 'chunks.orphanMinAgeMs=3600000'];
const links = 900;

function objectsOf(cluster: TestCluster): string[] {
  const folder = join(cluster.data, 'objects');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.chunk') && name.includes('chunks/')).map((name) => join(folder, name));
}

async function readAll(cluster: TestCluster): Promise<void> {
  for (const node of cluster.nodes)
    for (let i = 0; i < links; i++)
      expect(await visit(node, `s${i}`)).toEqual({ status: 302, location: `https://example.com/${i}` });
}

async function scrub(cluster: TestCluster, ...flags: readonly string[]) {
  const ran = await cli(cluster, 'chunk', 'scrub', ...flags, '--output', 'json');
  const { shards } = JSON.parse(ran.out) as {
    shards: { findings: { name: string; problem: string; repair: string | null }[] }[];
  };
  return { exitCode: ran.exitCode, err: ran.err, findings: shards.flatMap(({ findings }) => findings) };
}

it('finds objects that are missing, wrong and too much, and makes them anew from copies on nodes', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, set: settings });
  for (let i = 0; i < links; i++) {
    const response = await createLink(cluster.node(i % 3), { url: `https://example.com/${i}`, code: `s${i}` });
    expect(response.status).toBe(201);
    await response.arrayBuffer();
  }
  expect(await cli(cluster, 'shard', 'upload', '--all', '--wait')).toMatchObject({ exitCode: 0 });
  expect(await scrub(cluster)).toEqual({ exitCode: 0, err: '', findings: [] });

  const listed = await cli(cluster, 'chunk', 'list', '--output', 'json');
  const { shards } = JSON.parse(listed.out) as { shards: { chunks: { object: { name: string } }[] }[] };
  const onRecord = shards.flatMap(({ chunks }) => chunks.map(({ object }) => basename(object.name)));
  const [missing = '', wrong = ''] = objectsOf(cluster).filter((path) => onRecord.includes(basename(path)));
  const bytes = readFileSync(wrong);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff;
  rmSync(wrong);
  writeFileSync(wrong, bytes);
  rmSync(missing);
  const extra = join(dirname(wrong), `0000000000000001-0000000000999999-0000000000000001-${'0'.repeat(16)}.chunk`);
  writeFileSync(extra, 'left by somebody');
  utimesSync(extra, 1, 1);

  const found = await scrub(cluster);
  expect(found.exitCode).toBe(1);
  expect(found.err).toContain('--repair');
  const problems = found.findings.map(({ name, problem }) => `${basename(name)} ${problem}`).toSorted();
  expect(problems).toEqual(
    [`${basename(missing)} missing`, `${basename(wrong)} corrupt`, `${basename(extra)} extra`].toSorted(),
  );
  await readAll(cluster);

  const dry = await cli(cluster, 'chunk', 'gc', '--dry-run');
  expect(dry).toMatchObject({ exitCode: 0, out: expect.stringContaining(`${basename(extra)}`) });
  expect(existsSync(extra)).toBe(true);
  const repaired = await scrub(cluster, '--repair');
  expect(repaired.findings.map(({ problem, repair }) => `${problem} ${repair}`).toSorted()).toEqual(
    ['corrupt repaired', 'extra null', 'missing repaired'].toSorted(),
  );
  expect(repaired).toMatchObject({ exitCode: 0, err: '' });
  expect(await cli(cluster, 'chunk', 'gc')).toMatchObject({ exitCode: 0 });
  expect(existsSync(extra)).toBe(false);
  expect(await scrub(cluster)).toEqual({ exitCode: 0, err: '', findings: [] });
  const counts = cluster.nodes.map(async (node) => metric(node, 'shortlink_node_chunk_events_total{event="repaired"}'));
  expect((await Promise.all(counts)).reduce((sum, one) => sum + one, 0)).toBe(2);

  // Not by the copies on the nodes: the objects themselves are right.
  await Promise.all(cluster.nodes.map(async (node) => node.kill()));
  for (const node of cluster.nodes) rmSync(join(node.folder, 'chunks'), { recursive: true, force: true });
  for (const node of cluster.nodes) node.start();
  await cluster.ready();
  await readAll(cluster);
});
