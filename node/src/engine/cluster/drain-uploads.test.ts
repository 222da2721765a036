// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ChunkCluster } from '../chunks/testing/chunk-cluster.ts';
import type { ChunkClusterOptions } from '../chunks/testing/chunk-cluster.ts';
import { create, engineAt, read, write } from '../testing/engine-client.ts';

const links = 20;

async function loaded(options: Partial<ChunkClusterOptions> = {}): Promise<ChunkCluster> {
  const config = { drainUploadMs: 60_000 };
  const chunks = await ChunkCluster.start({ nodes: 4, sealAfterBytes: 1_000_000, config, ...options });
  for (let i = 0; i < links; i++)
    await write(chunks.cluster, engineAt(chunks.cluster, i % 4), create(`c${i}`, `https://example.com/${i}`));
  return chunks;
}

const replicas = (chunks: ChunkCluster): readonly { readonly nodeId: string }[] =>
  engineAt(chunks.cluster, 0).volume.map?.shards[0]?.replicas ?? [];

const retired = (chunks: ChunkCluster): number =>
  chunks.nodes[0]?.driver.watch.latest.find(({ shard }) => shard === 1)?.records.chunks.length ?? 0;

/** Removes a node that has a replica of the shard, neither the first one nor the leader of the meta group. */
function remove(chunks: ChunkCluster): string {
  const node = chunks.nodes.slice(1).find(({ engine }) => {
    const hasReplica = replicas(chunks).some(({ nodeId }) => nodeId === engine.nodeId);
    return hasReplica && engine.host.replicasByShard.get(0)?.isLeader !== true;
  });
  const { nodeId } = node?.engine ?? expect.fail('no node to remove');
  engineAt(chunks.cluster, 0).admin({ type: 'removeNode', nodeId }, (response) =>
    expect(response.type).toBe('accepted'),
  );
  return nodeId;
}

describe('before a node is removed', () => {
  it('its shards go to the object store, and only then their replicas to other nodes', async () => {
    const chunks = await loaded();
    const before = replicas(chunks).map(({ nodeId }) => nodeId);
    const gone = remove(chunks);
    await chunks.until(
      'the end of the removal',
      () => {
        const now = replicas(chunks).map(({ nodeId }) => nodeId);
        if (retired(chunks) === 0) expect(now).toEqual(before);
        return !now.includes(gone);
      },
      1000,
    );
    expect(retired(chunks)).toBe(1);
    for (let i = 0; i < links; i++)
      expect(await read(chunks.cluster, engineAt(chunks.cluster, 0), `c${i}`)).toMatchObject({ kind: 'link' });
  });

  it('a shard is sealed once, however much is written meanwhile', async () => {
    const chunks = await loaded();
    const gone = remove(chunks);
    let written = 0;
    await chunks.until(
      'the end of the removal',
      () => {
        void write(chunks.cluster, engineAt(chunks.cluster, 0), create(`later${written++}`, 'https://example.com/'));
        return replicas(chunks).every(({ nodeId }) => nodeId !== gone);
      },
      1000,
    );
    for (let round = 0; round < 20; round++) await chunks.round();
    expect(retired(chunks)).toBe(1);
  });

  it('a store that is away holds nothing up for longer than the limit', async () => {
    const faults = { next: () => ({ delayMs: 0, fault: 'torn' as const }) };
    const chunks = await loaded({ faults, config: { drainUploadMs: 20_000 } });
    const before = replicas(chunks).map(({ nodeId }) => nodeId);
    const startMs = chunks.cluster.nowMs;
    const gone = remove(chunks);
    await chunks.until(
      'the end of the removal',
      () => {
        const now = replicas(chunks).map(({ nodeId }) => nodeId);
        if (chunks.cluster.nowMs - startMs < 20_000) expect(now).toEqual(before);
        return !now.includes(gone);
      },
      2000,
    );
    expect(retired(chunks)).toBe(0);
  });

  it('nothing waits for a node that is silent', async () => {
    const faults = { next: () => ({ delayMs: 0, fault: 'torn' as const }) };
    const ring = { suspectAfterMs: 1000, downAfterMs: 2000, outAfterMs: 600_000, brakePercent: 34 };
    const chunks = await loaded({ faults, config: { drainUploadMs: 10_000_000, ring } });
    const gone = remove(chunks);
    const place = chunks.nodes.findIndex(({ engine }) => engine.nodeId === gone);
    await chunks.cluster.stop(place);
    const node = chunks.nodes[place];
    if (node !== undefined) node.isAway = true;
    await chunks.until('the end of the removal', () => replicas(chunks).every(({ nodeId }) => nodeId !== gone), 2000);
  });
});
