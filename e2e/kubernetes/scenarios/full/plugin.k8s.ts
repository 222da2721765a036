// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';
import { isWhole, type TestedCluster } from '../../world/tested-cluster.ts';
import { clusterName } from '../../world/world.ts';

const limitMs = 240_000;
/** One more than the replicas of a shard, so that a node can leave. */
const nodeCount = 4;

scenario(
  'each command of kubectl shortlink does on a real cluster what it says, and no visitor notices',
  { limitMs: 900_000, needs: ['kubectl', 'objectStore'] },
  async (world) => {
    const { namespace, provider } = world;
    const { store, spec } = await world.objectStoreSpec();
    const cluster = await world.cluster({ replicas: nodeCount, objectStore: spec });
    await using load = await world.load(cluster);
    const plugin = async (...args: readonly string[]): Promise<string> =>
      provider.kubectl('shortlink', ...args, '-n', namespace);
    const json = async (...args: readonly string[]): Promise<unknown> =>
      JSON.parse(await plugin(...args, '-o', 'json')) as unknown;

    expect(await json('status', clusterName)).toMatchObject({ namespace, phase: 'Ready', isCurrent: true });
    expect(await provider.kubectl('shortlink', 'status', '-A')).toContain(namespace);
    expect(await json('plan')).toMatchObject({ steps: [], waitingFor: null, refusals: [] });
    expect(await json('ring')).toMatchObject({
      nodes: Array.from({ length: nodeCount }, () => ({ liveness: 'alive' })),
    });
    expect(await planOfFive(json, cluster)).toMatchObject({ steps: [{ step: 'setReplicas 5' }] });

    await plugin('upload', '--wait', '--timeout', '3m');
    expect((await cluster.read())?.status?.chunks?.total).toBeGreaterThan(0);
    const [first = '', second = ''] = votersOfAll(await json('ring'));
    await plugin('transfer', '1', first);
    await plugin('promote', second);

    await plugin('fence', 'links-3');
    await untilState(cluster, 'links-3', 'FENCED');
    await plugin('unfence', 'links-3');
    await cluster.untilWhole(limitMs);

    const before = await cluster.nodeIds();
    await plugin('drain', 'links-3');
    await untilState(cluster, 'links-3', undefined);
    await plugin('undrain', 'links-3');
    await cluster.untilWhole(limitMs);
    expect((await cluster.nodeIds()).get('links-3')).not.toBe(before.get('links-3'));

    const uids = new Set((await cluster.podUids()).values());
    await plugin('restart');
    await cluster.until(
      'all pods to be other ones',
      (seen) => isWhole(seen) && seen.status?.conditions?.find(({ type }) => type === 'Upgrading')?.status === 'False',
      limitMs,
    );
    expect([...(await cluster.podUids()).values()].filter((uid) => uids.has(uid))).toEqual([]);

    expect((await plugin('logs', '--node', '1', '--tail', '5')).trim().split('\n')).toHaveLength(5);
    const secrets = [await cluster.token(), store.credentials.AWS_SECRET_ACCESS_KEY];
    expect(await reportWith(plugin, secrets)).toEqual({ files: expect.any(Number) as number, leaks: [] });
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
    world.measure('load', load.summary);
  },
);

/** Names of the nodes that have a replica of the meta group and one of the only shard: of four nodes two at least. */
function votersOfAll(ring: unknown): readonly string[] {
  const { nodes } = ring as { readonly nodes: readonly { readonly name: string; readonly replicas: number }[] };
  return nodes.filter(({ replicas }) => replicas === 2).map(({ name }) => name);
}

type Json = (...args: readonly string[]) => Promise<unknown>;

async function planOfFive(json: Json, cluster: TestedCluster): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'plugin-'));
  try {
    const seen = await cluster.read();
    const file = join(folder, 'five.yaml');
    const { apiVersion, kind, spec } = seen ?? {};
    const metadata = { name: cluster.name, namespace: cluster.namespace };
    writeFileSync(file, JSON.stringify({ apiVersion, kind, metadata, spec: { ...spec, replicas: 5 } }));
    return await json('plan', '-f', file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilState(cluster: TestedCluster, pod: string, wanted: string | undefined): Promise<void> {
  await cluster.until(
    `node ${pod} to be ${wanted ?? 'no member'}`,
    ({ status }) => status?.nodes?.find((node) => node.pod === pod)?.state === wanted,
    limitMs,
  );
}

/** How many files the report has, and which of them hold a secret. */
async function reportWith(plugin: (...args: readonly string[]) => Promise<string>, secrets: readonly string[]) {
  const parent = mkdtempSync(join(tmpdir(), 'plugin-'));
  try {
    const folder = join(parent, 'report');
    await plugin('report', '-f', folder);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const files = names.map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
    const leaks = files.filter((path) => secrets.some((secret) => readFileSync(path, 'utf8').includes(secret)));
    return { files: files.length, leaks };
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}
