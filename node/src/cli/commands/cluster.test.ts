// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startFakeApi, type FakeApi } from '../testing/fake-api.ts';
import { runCli } from '../testing/fake-io.ts';

const apis: FakeApi[] = [];
afterEach(() => {
  for (const api of apis.splice(0)) api.close();
});

async function apiWith(...bodies: unknown[]): Promise<FakeApi> {
  const api = await startFakeApi(bodies.map((body) => ({ status: 200, body })));
  apis.push(api);
  return api;
}

function node(id: string, name: string, api = '127.0.0.1:1') {
  return {
    id,
    name,
    zone: 'z',
    state: 'active',
    addresses: { peer: `${name}:8083`, redirect: 'r:1', api, grpc: 'g:1' },
  };
}

const voter = (id: number, nodeId: string) => ({ id, nodeId, role: 'voter' });

function cluster(...nodes: ReturnType<typeof node>[]) {
  const replicas = nodes.map((one, i) => voter(i + 1, one.id));
  return {
    clusterId: 'c',
    self: { nodeId: nodes.at(-1)?.id },
    metaLeaderNodeId: null,
    nodes,
    meta: replicas,
    shards: [{ id: 1, leaderNodeId: 'bb', replicas }],
  };
}

const both = cluster(node('aa', 'a'), node('bb', 'b'));

describe('info', () => {
  test('shows who leads and where replicas lie', async () => {
    const api = await apiWith(both);
    const { out } = await runCli(['info', '--api', api.url]);
    expect(out).toMatch(/^b +bb +z +active +2 +1 /m);
    expect(out).toMatch(/^1 +b +a, b$/m);
  });

  test('says what a node waits for before there is a cluster', async () => {
    const api = await apiWith({ clusterId: null, self: { waitingFor: 'node c of cluster.initialNodes' } });
    const ran = await runCli(['info', '--api', api.url]);
    expect(ran.exitCode).toBe(5);
    expect(ran.err).toContain('node c of cluster.initialNodes');
  });
});

describe('ping', () => {
  test('reports the nodes that do not answer', async () => {
    const [api, down] = [await apiWith(both), await apiWith(both)];
    down.close();
    const [here, there] = [api, down].map((one) => one.url.slice('http://'.length));
    const other = await apiWith(cluster(node('aa', 'a', here), node('bb', 'b', there)));
    const ran = await runCli(['ping', '--api', other.url]);
    expect(ran.exitCode).toBe(5);
    expect(ran.err).toContain('no answer from b');
    expect(ran.out).toMatch(/^a +http\S+ +\d+\.\d$/m);
  });
});

describe('remove-node', () => {
  test('takes a name, begins the removal and waits until the node is gone', async () => {
    const api = await apiWith(both, {}, both, cluster(node('bb', 'b')));
    const ran = await runCli(['remove-node', 'a', '--api', api.url]);
    expect(ran).toMatchObject({ exitCode: 0, out: 'a is removed' });
    expect(api.seen.map((one) => `${one.method} ${one.url}`)).toEqual([
      'GET /api/v1/cluster',
      'POST /api/v1/admin/nodes/aa:remove',
      'GET /api/v1/cluster',
      'GET /api/v1/cluster',
    ]);
  });

  test('does not trust the removed node itself, which may never learn that it is no member', async () => {
    const other = await apiWith(cluster(node('bb', 'b')));
    const there = other.url.slice('http://'.length);
    const removed = await apiWith(cluster(node('bb', 'b', there), node('aa', 'a')));
    const ran = await runCli(['remove-node', 'a', '--api', removed.url, '--timeout', '10s']);
    expect(ran).toMatchObject({ exitCode: 0, out: 'a is removed' });
  });

  test('says how many replicas are left when the time is over', async () => {
    const api = await apiWith(both, {}, both);
    const ran = await runCli(['remove-node', 'aa', '--timeout', '200', '--api', api.url]);
    expect(ran.exitCode).toBe(5);
    expect(ran.err).toContain('a still has 2 replicas');
  });

  test('can be undone', async () => {
    const api = await apiWith(both, {});
    const ran = await runCli(['remove-node', 'a', '--cancel', '--api', api.url]);
    expect(ran).toMatchObject({ exitCode: 0, out: 'a stays' });
    expect(api.seen[1]?.url).toBe('/api/v1/admin/nodes/aa:cancelRemove');
  });

  test('names the nodes there are when there is none of that name', async () => {
    const api = await apiWith(both);
    const ran = await runCli(['remove-node', 'x', '--api', api.url]);
    expect(ran.exitCode).toBe(3);
    expect(ran.err).toContain('the cluster has a, b');
  });
});

test('transfer sends the id of the node', async () => {
  const api = await apiWith(both, {});
  expect(await runCli(['transfer', '1', 'b', '--api', api.url])).toMatchObject({ exitCode: 0 });
  expect(api.seen[1]).toMatchObject({ url: '/api/v1/admin/shards/1:transfer', body: { toNodeId: 'bb' } });
});

test('add-node prints the configuration of a node that joins through all members', async () => {
  const api = await apiWith(both);
  const ran = await runCli(['add-node', '--name', 'n', '--peer-address', 'n.x:8083', '--api', api.url]);
  expect(parse(ran.out)).toMatchObject({
    node: { name: 'n' },
    peer: { advertise: 'n.x:8083' },
    cluster: { join: ['a:8083', 'b:8083'] },
  });
});
