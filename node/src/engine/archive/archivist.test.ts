// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { defined } from '@shortlink/common/assert.ts';
import { checkpointGarbageMinAgeMs } from '../../core/archive/checkpoint-plan.ts';
import type { CheckpointManifest, ClusterManifest, ShardManifest } from '../../core/archive/manifests.ts';
import { ChunkCluster } from '../chunks/testing/chunk-cluster.ts';
import { rebuildContext } from '../rebuild/testing/rebuild-in-memory.ts';
import { create, engineAt, write } from '../testing/engine-client.ts';
import { getDocument } from './documents.ts';

async function load(chunks: ChunkCluster, prefix: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await write(chunks.cluster, engineAt(chunks.cluster, 0), create(`${prefix}${i}`, `https://x/${prefix}${i}`));
}

async function checkpointed(chunks: ChunkCluster): Promise<void> {
  const newest = chunks.objects('/checkpoints/').at(-1);
  await chunks.until('a checkpoint', () => chunks.objects('/checkpoints/').at(-1) !== newest);
}

async function document<K extends 'shard' | 'cluster' | 'checkpoint'>(chunks: ChunkCluster, kind: K, name: string) {
  const { from } = rebuildContext(chunks.bucket, 0);
  const clusterId = defined(name.split('/')[0], 'cluster');
  return defined(await getDocument(from, { kind, clusterId, name }), name);
}

async function checkpoint(chunks: ChunkCluster): Promise<CheckpointManifest> {
  return document(chunks, 'checkpoint', defined(chunks.objects('/checkpoints/').at(-1), 'checkpoint'));
}

it('publishes the map and the chunk set, each by its number', async () => {
  const chunks = await ChunkCluster.start({ nodes: 3 });
  await load(chunks, 'a', 30);
  await chunks.until(
    'a manifest of the first chunk',
    () => chunks.objects('/00000001/0000000000000001.json').length > 0,
  );
  const shard: ShardManifest = await document(
    chunks,
    'shard',
    chunks.objects('/00000001/0000000000000001.json')[0] ?? '',
  );
  expect(shard.chunks.map(({ object }) => object.name)).toEqual(chunks.objects('/chunks/'));
  expect(shard).toMatchObject({ shard: 1, chunkSetVersion: 1, policy: { reuseDeadCodes: false } });
  expect(shard.index).toBeGreaterThan(30);
  const [first = ''] = chunks.objects('/manifests/cluster/');
  const cluster: ClusterManifest = await document(chunks, 'cluster', first);
  expect(cluster.map.nodes).toHaveLength(3);
  expect(first).toMatch(new RegExp(`/${String(cluster.map.epoch).padStart(16, '0')}\\.json$`));
});

it('writes only what has changed, and all rows where the log does not reach back', async () => {
  const chunks = await ChunkCluster.start({ nodes: 3, sealAfterBytes: 1_000_000 });
  await load(chunks, 'a', 10);
  await checkpointed(chunks);
  const first = await checkpoint(chunks);
  await load(chunks, 'b', 2);
  await checkpointed(chunks);
  const second = await checkpoint(chunks);
  expect(second.parts.slice(0, first.parts.length)).toEqual(first.parts);
  expect(second.parts.at(-1)).toMatchObject({ kind: 'changes', after: first.index, object: { rows: 4 } });
  // Longer than the log is kept.
  await load(chunks, 'c', 260);
  await checkpointed(chunks);
  const third = await checkpoint(chunks);
  expect(third.parts.map(({ kind }) => kind)).toEqual(['all']);
  expect(third.parts[0]?.object.rows).toBe(2 * 272);
  expect(third.garbage.map(({ name }) => name)).toEqual(
    expect.arrayContaining(second.parts.map(({ object }) => object.name)),
  );
});

it('writes nothing while nothing changes', async () => {
  const chunks = await ChunkCluster.start({ nodes: 3 });
  await load(chunks, 'a', 3);
  await checkpointed(chunks);
  for (let round = 0; round < 40; round++) await chunks.round();
  const names = chunks.objects('');
  for (let round = 0; round < 40; round++) await chunks.round();
  expect(chunks.objects('')).toEqual(names);
});

it('deletes what newer checkpoints do not need, an hour later', async () => {
  const chunks = await ChunkCluster.start({ nodes: 3, sealAfterBytes: 1_000_000 });
  for (const prefix of ['a', 'b', 'c']) {
    await load(chunks, prefix, 3);
    await checkpointed(chunks);
  }
  const before = chunks.objects('/checkpoints/');
  expect(before.length).toBeGreaterThanOrEqual(3);
  chunks.cluster.nowMs += checkpointGarbageMinAgeMs;
  await load(chunks, 'd', 1);
  await chunks.until('old checkpoints to go', () => !chunks.objects('/checkpoints/').includes(before[0] ?? ''));
  await load(chunks, 'e', 1);
  await checkpointed(chunks);
  const { parts, garbage } = await checkpoint(chunks);
  const names = chunks.objects('');
  expect(parts.filter(({ object }) => !names.includes(object.name))).toEqual([]);
  expect(garbage.map(({ name }) => name)).not.toContain(before[0]);
});

it('does not go on from what a copy of the cluster has written, and says so', async () => {
  const chunks = await ChunkCluster.start({ nodes: 3 });
  await load(chunks, 'a', 60);
  await chunks.until('a chunk', () => chunks.objects('/manifests/00000001/').length > 1);
  const names = chunks.objects('/checkpoints/');
  // The same cluster once more, from its beginning, as if all volumes had been put back from a backup.
  const copy = await ChunkCluster.start({ nodes: 3, bucket: chunks.bucket });
  await load(copy, 'b', 30);
  await copy.until('the complaint', () =>
    copy.nodes.some(({ failures }) => failures.some((text) => text.includes('published by a copy of this cluster'))),
  );
  const failures = copy.nodes.flatMap((node) => node.failures).join();
  expect(failures).toContain('is ahead of the entries that are applied here');
  expect(copy.objects('/checkpoints/')).toEqual(names);
});

it('looks after shards side by side: one whose objects do not get through keeps no other one waiting', async () => {
  const isStuck = (name: string): boolean => name.includes('/00000001/');
  const faults = {
    next: (operation: string, name: string) => ({
      delayMs: operation === 'put' && isStuck(name) ? Number.MAX_SAFE_INTEGER : 0,
      fault: undefined,
    }),
  };
  const chunks = await ChunkCluster.start({ nodes: 1, config: { initialShards: 2 }, faults });
  await chunks.until('the other one', () => chunks.objects('/checkpoints/00000002/').length > 0);
  expect(chunks.objects('/00000001/')).toEqual([]);
});

it('keeps the newest maps, and the last one of a day', async () => {
  const chunks = await ChunkCluster.start({ nodes: 3 });
  const engine = engineAt(chunks.cluster, 0);
  const epochs = (): number[] =>
    chunks.objects('/manifests/cluster/').map((name) => Number(/(\d+)\.json$/.exec(name)?.[1]));
  const published: number[] = [];
  const isNextDay = 24;
  for (let i = 0; i < 48; i++) {
    const before = epochs().at(-1) ?? 0;
    const { config } = engine;
    const node = { id: engine.nodeId, name: config.name, zone: '', weight: 101 + i, addresses: config.addresses };
    // From a quarter past ten in the evening to past midnight.
    if (i === isNextDay) chunks.cluster.nowMs += 2 * 60 * 60_000;
    const proposed = engine.driver.propose({ type: 'putNode', node });
    await chunks.until('its map in the store', () => (epochs().at(-1) ?? 0) > before);
    await proposed;
    published.push(epochs().at(-1) ?? 0);
  }
  expect(epochs()).toEqual(published.slice(isNextDay - 1));
});
