// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLink, visit } from '../harness/links-api.ts';
import { folderStore, s3Store } from '../harness/object-stores.ts';
import type { TestStore } from '../harness/object-stores.ts';
import { freeBasePort } from '../harness/ports.ts';
import { runProgram } from '../harness/run-program.ts';
import { whyNoS3Servers } from '../harness/s3-server.ts';
import { clusterStatus, TestCluster } from '../harness/test-cluster.ts';
import { TestNode } from '../harness/test-node.ts';
import { eventually } from '../harness/wait.ts';

// All nodes and their disks are lost, and only the object store is left.

const why = whyNoS3Servers();
if (why !== undefined) process.stderr.write(`the disaster on an S3 server is skipped: ${why}\n`);

const inChunks = 900;
const inCheckpoint = 60;

function settings(store: TestStore): string[] {
  return [`objectStore.url=${store.url}`, ...store.set, 'chunks.sealAfterBytes=40000', 'chunks.checkpointEveryMs=1000'];
}

async function load(node: TestNode, prefix: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const response = await createLink(node, { url: `https://example.com/${prefix}/${i}`, code: `${prefix}${i}` });
    expect(response.status).toBe(201);
    await response.arrayBuffer();
  }
}

async function remove(node: TestNode, code: string): Promise<void> {
  const response = await fetch(`${node.api}/api/v1/links/${code}`, { method: 'DELETE' });
  expect(response.status).toBe(204);
}

/** Values of a metric on a node, all series. */
async function metric(node: TestNode, name: string): Promise<number[]> {
  const text = await (await fetch(`${node.ops}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.map((line) => Number(line.split(' ').at(-1)));
}

async function retired(cluster: TestCluster): Promise<void> {
  await eventually(
    'chunks, and nothing on its way',
    async () => {
      for (const node of cluster.nodes) {
        const [chunks = 0] = await metric(node, 'shortlink_node_chunks{state="retired"}');
        const waiting = await metric(node, 'shortlink_node_generations_waiting');
        if (chunks < 1 || waiting.some((count) => count > 0)) return false;
      }
      return true;
    },
    90_000,
  );
}

/** A checkpoint holds whatever was acknowledged before the call. */
async function checkpointed(cluster: TestCluster): Promise<void> {
  const startMs = performance.now();
  await eventually('a checkpoint', async () => {
    const ages = await Promise.all(
      cluster.nodes.map(async (node) => metric(node, 'shortlink_node_checkpoint_age_seconds')),
    );
    const [age] = ages.flat();
    // Metrics are a second or two old themselves.
    return age !== undefined && age * 1000 < performance.now() - startMs - 3000;
  });
}

/** Everything that was acknowledged before the last checkpoint, through every node. */
async function expectAll(cluster: TestCluster): Promise<void> {
  for (const node of cluster.nodes) {
    for (let i = 0; i < inChunks; i += 7) {
      const expected = i === 7 ? 410 : 302;
      expect((await visit(node, `a${i}`)).status, `a${i}`).toBe(expected);
    }
    for (let i = 0; i < inCheckpoint; i++)
      expect((await visit(node, `b${i}`)).status, `b${i}`).toBe(i === 3 ? 410 : 302);
    expect(await visit(node, 'a14')).toEqual({ status: 302, location: 'https://example.com/a/14' });
  }
}

/** A cluster with links in chunks, and links and deletions in a checkpoint only. All its processes end. */
async function loseCluster(store: TestStore, saved: string) {
  await using cluster = await TestCluster.start({ nodes: 3, set: settings(store) });
  await load(cluster.node(0), 'a', inChunks);
  await retired(cluster);
  await load(cluster.node(1), 'b', inCheckpoint);
  await remove(cluster.node(2), 'a7');
  await remove(cluster.node(2), 'b3');
  await checkpointed(cluster);
  const clusterId = (await clusterStatus(cluster.node(0)))?.clusterId ?? '';
  for (const node of cluster.nodes) await node.kill();
  cpSync(cluster.data, saved, { recursive: true });
  return { clusterId, basePort: cluster.basePort };
}

async function disaster(store: TestStore): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'shortlink-disaster-'));
  try {
    const saved = join(folder, 'saved');
    const old = await loseCluster(store, saved);
    await refusesFormation(store, join(folder, 'other'));
    // Beside the ports of the old cluster, which will be started again.
    const basePort = old.basePort + 10;
    const data = join(folder, 'new');
    const args = ['--from', store.url, '--data', data, '--base-port', String(basePort), '--output', 'json'];
    const set = settings(store).flatMap((one) => ['--set', one]);
    const rebuilt = await runProgram(['cluster', 'rebuild', ...args, ...set]);
    expect(rebuilt).toMatchObject({ exitCode: 0, err: '' });
    const report = JSON.parse(rebuilt.out) as Record<string, unknown>;
    process.stderr.write(`rebuilt ${inChunks + inCheckpoint} links in ${Math.round(rebuilt.durationMs)} ms\n`);
    expect(report).toMatchObject({ from: old.clusterId, problems: [], damaged: [] });
    await using cluster = await TestCluster.open({ data, basePort, nodes: 3 });
    expect((await clusterStatus(cluster.node(0)))?.clusterId).toBe(report['clusterId']);
    expect(report['clusterId']).not.toBe(old.clusterId);
    await expectAll(cluster);
    const reborn = await createLink(cluster.node(1), { url: 'https://example.com/other', code: 'a7' });
    expect(reborn.status).toBe(409);
    await load(cluster.node(2), 'c', 20);
    await harmless(store, { saved, ...old });
    await expectAll(cluster);
    const again = await runProgram(['cluster', 'rebuild', '--from', store.url, '--data', data]);
    expect(again).toMatchObject({ exitCode: 4 });
    expect(again.err).toContain('holds nodes already');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Neither `dev` nor a node by itself makes a new cluster where another one has left its manifests. */
async function refusesFormation(store: TestStore, data: string): Promise<void> {
  const set = settings(store).flatMap((one) => ['--set', one]);
  const dev = await runProgram(['dev', '--nodes', '1', '--data', data, ...set]);
  expect(dev.exitCode).toBe(4);
  expect(dev.err).toMatch(/formation is refused: .* holds cluster .*shortlink cluster rebuild --from/);
  const basePort = await freeBasePort(1);
  const node = new TestNode(data, 0, basePort);
  mkdirSync(node.folder, { recursive: true });
  const at = (offset: number): string => `127.0.0.1:${basePort + offset}`;
  const options = settings(store).map((one) => one.split('=', 2) as [string, string]);
  const config = {
    'node.name': 'node0',
    'data.dir': '.',
    'cluster.initialNodes': [`node0=${at(300)}`],
    ...Object.fromEntries(options),
    ...Object.fromEntries(
      ['redirect', 'api', 'grpc', 'peer', 'ops'].map((name, i) => [`${name}.address`, at(i * 100)]),
    ),
  };
  writeFileSync(join(node.folder, 'config.yaml'), JSON.stringify(config));
  node.start();
  try {
    await eventually('the reason', async () => /formation is refused/.test((await node.health())?.waitingFor ?? ''));
    expect(node.log).toContain('formation is refused');
  } finally {
    node.stopIfRunning();
  }
}

/** The old cluster, started once more from a copy of its folders: it serves, says what has happened, and writes nothing. */
async function harmless(
  store: TestStore,
  { saved, basePort, clusterId }: { readonly saved: string; readonly basePort: number; readonly clusterId: string },
): Promise<void> {
  await using old = await TestCluster.open({ data: saved, basePort, nodes: 3 });
  for (const node of old.nodes) {
    await eventually('the notice', async () => {
      const ready = await (await fetch(`${node.ops}/readyz`)).text();
      return ready.includes('was superseded by cluster');
    });
  }
  const below = (): string[] => store.names().filter((name) => name.startsWith(`${clusterId}/`));
  const names = below();
  expect(names).toContain(`${clusterId}/superseded-by`);
  await load(old.node(0), 'd', 600);
  await eventually('enough rows for a chunk', async () => {
    const [hot = 0] = await metric(old.node(0), 'shortlink_node_hot_bytes');
    return hot > 60_000;
  });
  expect((await visit(old.node(1), 'a14')).status).toBe(302);
  expect(below()).toEqual(names);
}

describe('when all nodes and their disks are lost', () => {
  it('the links come back from a folder of objects, and the old cluster can do no harm', async () => {
    await using store = folderStore();
    await disaster(store);
  });

  it.skipIf(why !== undefined)('the links come back from an S3 server', async () => {
    await using store = await s3Store();
    await disaster(store);
  });
});
