// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test } from 'vitest';
import { startFakeApi, type FakeApi } from '../testing/fake-api.ts';
import { runCli } from '../testing/fake-io.ts';

const apis: FakeApi[] = [];
afterEach(() => {
  for (const api of apis.splice(0)) api.close();
});

async function apiWith(...bodies: readonly unknown[]): Promise<FakeApi> {
  const api = await startFakeApi(bodies.map((body) => ({ status: 200, body })));
  apis.push(api);
  return api;
}

const chunk = (name: string) => ({
  object: { name, sizeBytes: 512, rows: 20 },
  firstGeneration: 1,
  lastGeneration: 3,
  level: 1,
  holders: ['aa', 'bb'],
});

const shard = (id: number, ...names: readonly string[]) => ({
  shard: id,
  chunkSetVersion: 4,
  generations: [
    { id: 6, state: 'active', rows: 5, bytes: 100, votes: [], object: null, holders: [], waitsFor: [] },
    {
      id: 5,
      state: 'placed',
      rows: 9,
      bytes: 300,
      sealedAt: '2030-01-01T00:00:00.000Z',
      votes: [{ replicaId: 1, digest: 'd' }],
      object: { name: 'object-5', sizeBytes: 200 },
      holders: ['aa'],
      waitsFor: [{ step: 'holders', missing: 1 }],
    },
  ],
  chunkCount: 2,
  chunkRows: 40,
  chunkBytes: 1024,
  garbageCount: 0,
  oldestGarbageAt: null,
  chunks: names.map(chunk),
});

const cluster = { clusterId: 'c', self: {}, nodes: [{ id: 'aa', name: 'node0' }], meta: [], shards: [] };

test('shows what generations wait for, the chunks of a page, and where the next page begins', async () => {
  const api = await apiWith({ shards: [shard(1, 'chunk-1')], cursor: 'next' }, cluster);
  const ran = await runCli(['chunk', 'list', '--shard', '1', '--limit', '1', '--api', api.url]);
  expect(ran).toMatchObject({ exitCode: 0, err: '' });
  expect(ran.out).toMatch(/^1 +5 +placed +9 +300 +2030-01-01T\S+ +1 +object-5 +200 +node0 +copies on 1 more node$/m);
  expect(ran.out).toMatch(/^1 +4 +2 +40 +1024 +0$/m);
  expect(ran.out).toMatch(/^1 +chunk-1 +1–3 +1 +20 +512 +node0, bb$/m);
  expect(ran.out).toMatch(/^more: --cursor next$/m);
  expect(api.seen[0]?.url).toBe('/api/v1/chunks?shard=1&limit=1');
});

test('puts the pages of a shard together', async () => {
  const api = await apiWith(
    { shards: [shard(1, 'a')], cursor: 'x' },
    { shards: [shard(1, 'b'), shard(2)], cursor: null },
  );
  const ran = await runCli(['chunk', 'list', '--all', '--limit', '1', '--output', 'json', '--api', api.url]);
  expect(JSON.parse(ran.out)).toEqual({ shards: [shard(1, 'a', 'b'), shard(2)], cursor: null });
  expect(api.seen.map(({ url }) => url)).toEqual(['/api/v1/chunks?limit=1', '/api/v1/chunks?limit=1&cursor=x']);
});

test('can leave the chunks out', async () => {
  const api = await apiWith({ shards: [shard(1)], cursor: null }, cluster);
  const ran = await runCli(['chunk', 'list', '--limit', '0', '--api', api.url]);
  expect(ran.out).not.toContain('LEVEL');
  expect(ran.out).not.toContain('more:');
});
