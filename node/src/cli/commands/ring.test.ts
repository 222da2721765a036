// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
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

const addresses = { peer: 'p:1', redirect: 'r:1', api: 'a:1', grpc: 'g:1' };
const facts = {
  silentMs: 30,
  heldUntil: null,
  chunkBytes: 9,
  diskFreeBytes: 77,
  chunkProblem: null,
  storeProblem: null,
};
const cluster = {
  clusterId: 'c',
  self: { nodeId: 'aa' },
  metaLeaderNodeId: 'aa',
  nodes: [
    { id: 'aa', name: 'a', zone: 'z1', weight: 100, state: 'active', isOut: false, liveness: 'ALIVE', addresses },
    { id: 'bb', name: 'b', zone: 'z2', weight: 50, state: 'draining', isOut: true, liveness: 'OUT', addresses },
  ],
  meta: [],
  shards: [],
  ring: {
    leaderNodeId: 'aa',
    epoch: 4,
    operatorEpoch: 9,
    brake: null,
    nodes: [
      { id: 'aa', state: 'ALIVE', chunksHeld: 12, ...facts },
      { id: 'bb', state: 'OUT', chunksHeld: null, ...facts },
    ],
    chunks: { total: 12, underReplicated: 1, moving: 2 },
    lastChange: { movedShare: 0.334, bound: 0.5 },
    events: [
      {
        id: 1,
        time: '2030-01-01T00:00:00Z',
        ringEpoch: 4,
        kind: 'nodeOut',
        nodeId: 'bb',
        shard: null,
        reason: 'silent',
      },
    ],
  },
};

describe('ring status', () => {
  test('prints what scripts rely on', async () => {
    const api = await apiWith(cluster);
    const { out, exitCode } = await runCli(['ring', 'status', '--output', 'json', '--api', api.url]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      epoch: 4,
      operatorEpoch: 9,
      brake: null,
      nodes: [
        { id: 'aa', name: 'a', state: 'ALIVE', zone: 'z1', weight: 100, chunksHeld: 12, membership: 'active' },
        { id: 'bb', name: 'b', state: 'OUT', zone: 'z2', weight: 50, chunksHeld: 0, membership: 'draining' },
      ],
      chunks: { total: 12, underReplicated: 1, moving: 2 },
      events: [{ kind: 'nodeOut', nodeId: 'bb', reason: 'silent' }],
    });
  });

  test('tells people what moved and why, by the names of nodes', async () => {
    const api = await apiWith(cluster);
    const { out } = await runCli(['ring', 'status', '--api', api.url]);
    expect(out).toMatch(/^brake +off$/m);
    expect(out).toMatch(/^last change +moves 33\.4 % of the copies \(one node of equal weight: at most 50\.0 %\)$/m);
    expect(out).toMatch(/^b +bb +z2 +50 +OUT \(draining\) /m);
    expect(out).toMatch(/^2030\S+ +4 +nodeOut +b +silent$/m);
  });

  test('says so when the leader of the meta group cannot be asked', async () => {
    const api = await apiWith({ ...cluster, ring: null });
    const ran = await runCli(['ring', 'status', '--api', api.url]);
    expect(ran).toMatchObject({ exitCode: 5 });
    expect(ran.err).toContain('the leader of the meta group cannot be asked');
  });
});

describe('orders', () => {
  test('go out under the current epoch, for the node by its name', async () => {
    for (const [argv, verb, body] of [
      [['hold', 'b', '--for', '10m'], 'hold', { durationMs: 600_000, operatorEpoch: 9 }],
      [['release', 'b'], 'release', { operatorEpoch: 9 }],
      [['hasten', 'b'], 'hasten', { operatorEpoch: 9 }],
    ] as const) {
      const api = await apiWith(cluster, {});
      expect(await runCli(['ring', ...argv, '--api', api.url])).toMatchObject({ exitCode: 0 });
      expect(api.seen[1]).toMatchObject({ method: 'POST', url: `/api/v1/admin/nodes/bb:${verb}`, body });
    }
  });

  test('go out under the epoch that is given', async () => {
    const api = await apiWith(cluster, {});
    await runCli(['ring', 'hasten', 'bb', '--epoch', '3', '--api', api.url]);
    expect(api.seen[1]?.body).toEqual({ operatorEpoch: 3 });
  });
});
