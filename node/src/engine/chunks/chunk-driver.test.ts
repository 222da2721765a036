// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import { SimRandom } from '../../../sim/sim-random.ts';
import { SeededFaults, type ObjectFault } from '../../../sim/object-store/object-faults.ts';
import { createdCodes, createLinks } from '../../core/statemachine/testing/commands.ts';
import type { LifecycleView } from '../../core/lifecycle/view.ts';
import { create, engineAt, read, write } from '../testing/engine-client.ts';
import { ChunkCluster } from './testing/chunk-cluster.ts';
import type { ChunkNode } from './testing/chunk-cluster.ts';

function viewOf(node: ChunkNode | undefined): LifecycleView | undefined {
  return node?.driver.watch.latest.find(({ shard }) => shard === 1)?.view;
}

function chunksOf(node: ChunkNode | undefined): number {
  return node?.driver.watch.latest.find(({ shard }) => shard === 1)?.records.chunks.length ?? 0;
}

/** Nothing of what was written so far is on its way any more. */
function isQuiet(chunks: ChunkCluster): boolean {
  return chunks.nodes.every((node) => (viewOf(node)?.generations.length ?? 0) === 1);
}

async function load(chunks: ChunkCluster, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++)
    await write(chunks.cluster, engineAt(chunks.cluster, i % 3), create(`c${i}`, `https://example.com/${i}`));
}

async function readAll(chunks: ChunkCluster, count: number): Promise<void> {
  for (const engine of chunks.cluster.engines) {
    for (let i = 0; i < count; i++) {
      const result = await read(chunks.cluster, engine, `c${i}`);
      if (result.kind !== 'link' || result.link.url !== `https://example.com/${i}`)
        throw new Error(`c${i} is ${JSON.stringify(result)}`);
    }
  }
}

describe('nodes with an object store', () => {
  it('take full generations to it, keep two copies, and answer from them', async () => {
    const chunks = await ChunkCluster.start({ nodes: 3 });
    await load(chunks, 0, 30);
    await chunks.until('two chunks', () => chunksOf(chunks.nodes[0]) >= 1 && isQuiet(chunks));
    await load(chunks, 30, 60);
    await chunks.until('more chunks', () => chunksOf(chunks.nodes[0]) >= 2 && isQuiet(chunks));
    const copies = chunks.nodes.reduce((sum, { files }) => sum + files.files.size, 0);
    expect(copies).toBe(2 * chunksOf(chunks.nodes[0]));
    expect(chunks.objects('/chunks/')).toHaveLength(chunksOf(chunks.nodes[0]));
    await readAll(chunks, 60);
    expect(await write(chunks.cluster, engineAt(chunks.cluster, 1), create('c0', 'https://other/'))).toMatchObject({
      kind: 'taken',
    });
  });

  it('read from their own copy, else from a holder, else from the store', async () => {
    const chunks = await ChunkCluster.start({ nodes: 3 });
    await load(chunks, 0, 30);
    await chunks.until('a chunk', () => chunksOf(chunks.nodes[0]) >= 1 && isQuiet(chunks));
    const tiersOf = async (): Promise<string[][]> => {
      for (const node of chunks.nodes) node.tiers.length = 0;
      for (const node of chunks.nodes) await read(chunks.cluster, node.engine, 'c0');
      return chunks.nodes.map(({ tiers }) => [...new Set(tiers)]);
    };
    const withCopy = chunks.nodes.map(({ files }) => files.files.size > 0);
    expect(await tiersOf()).toEqual(withCopy.map((has) => [has ? 'local' : 'holder']));
    const bare = await ChunkCluster.start({ nodes: 3 });
    await load(bare, 0, 30);
    await bare.until('a chunk', () => chunksOf(bare.nodes[0]) >= 1 && isQuiet(bare));
    for (const { files } of bare.nodes) files.files.clear();
    await read(bare.cluster, engineAt(bare.cluster, 0), 'c0');
    expect([...new Set(bare.nodes.flatMap(({ tiers }) => tiers))]).toEqual(['store']);
    await bare.until('copies again', () => bare.nodes.reduce((sum, { files }) => sum + files.files.size, 0) === 2);
  });

  it('ask filters, and read no block, to draw codes', async () => {
    const chunks = await ChunkCluster.start({ nodes: 3 });
    const drawn = async (count: number): Promise<readonly string[]> => {
      const draws = Array.from({ length: count }, () => undefined);
      const dedup = { key: new Uint8Array(16).fill(count % 251), fingerprint: new Uint8Array(8) };
      const command = createLinks(draws, { codes: undefined, dedup });
      return createdCodes(await write(chunks.cluster, engineAt(chunks.cluster, 0), command));
    };
    const before = await drawn(300);
    await chunks.until('a chunk', () => chunksOf(chunks.nodes[0]) >= 1 && isQuiet(chunks));
    for (const node of chunks.nodes) node.tiers.length = 0;
    // Some of them pass a filter that they should not pass.
    const after = await drawn(1000);
    expect(new Set([...before, ...after]).size).toBe(1300);
    expect(chunks.nodes.flatMap(({ tiers }) => tiers).length).toBe(1);
  });

  it('export again, with an alarm, when the stored object is not what was sent', async () => {
    const flips: ObjectFault[] = ['flippedByte'];
    const faults = {
      next: (operation: string, name: string) => ({
        delayMs: 0,
        fault: operation === 'put' && name.includes('/chunks/') ? flips.shift() : undefined,
      }),
    };
    const chunks = await ChunkCluster.start({ nodes: 3, faults });
    await load(chunks, 0, 30);
    await chunks.until('a chunk', () => chunksOf(chunks.nodes[0]) >= 1 && isQuiet(chunks));
    expect(chunks.nodes.flatMap(({ events }) => events)).toContain('corrupt');
    expect(chunks.objects('/chunks/'), 'the wrong object waits for the collector').toHaveLength(2);
    await readAll(chunks, 30);
  });

  it('show a copy, and report it, only once every row of it was checked', async () => {
    let flips = 0;
    let isRead = false;
    const faults = {
      next: (operation: string) => ({
        delayMs: 0,
        fault: operation === 'getRange' && isRead && flips++ < 3 ? ('flippedByte' as const) : undefined,
      }),
    };
    const chunks = await ChunkCluster.start({ nodes: 3, faults });
    const wrong: string[] = [];
    for (const { files, engine } of chunks.nodes) {
      const show = files.files.set.bind(files.files);
      files.files.set = (name, bytes) => {
        if (!equalBytes(bytes, chunks.bucket.get(name) ?? new Uint8Array(0))) wrong.push(`${engine.nodeId} ${name}`);
        return show(name, bytes);
      };
    }
    await load(chunks, 0, 30);
    await chunks.until('a chunk', () => {
      isRead ||= chunks.nodes.some(({ events }) => events.includes('readBack'));
      return chunksOf(chunks.nodes[0]) >= 1 && isQuiet(chunks);
    });
    expect(chunks.nodes.flatMap(({ events }) => events)).toContain('corrupt');
    expect(wrong).toEqual([]);
  });

  it('get there through a store that times out, conflicts, tears and loses answers', async () => {
    const faults = new SeededFaults(new SimRandom(7), {
      probability: 1 / 3,
      faults: ['timeoutAfter', 'lostAnswer', 'torn', 'throttled', 'conflict', 'existsAfterOwn'],
      maxDelayMs: 0,
    });
    const chunks = await ChunkCluster.start({ nodes: 3, faults });
    await load(chunks, 0, 30);
    await chunks.until('a chunk', () => chunksOf(chunks.nodes[0]) >= 1 && isQuiet(chunks), 600);
    faults.rates = { ...faults.rates, probability: 0 };
    await readAll(chunks, 30);
  });

  it('keep every row while the store is away, and go on when it is back', async () => {
    let isAway = true;
    const faults = { next: () => ({ delayMs: 0, fault: isAway ? ('torn' as const) : undefined }) };
    const chunks = await ChunkCluster.start({ nodes: 3, faults });
    await load(chunks, 0, 30);
    for (let round = 0; round < 20; round++) await chunks.round();
    expect(viewOf(chunks.nodes[0])?.generations.length).toBe(2);
    await readAll(chunks, 30);
    isAway = false;
    await chunks.until('a chunk', () => chunksOf(chunks.nodes[0]) >= 1 && isQuiet(chunks));
    await readAll(chunks, 30);
  });

  it('vote and say what waits before they know the store, and write nothing to it', async () => {
    const chunks = await ChunkCluster.start({
      nodes: 3,
      checkpointEveryMs: 1,
      merges: { maxCandidates: 1, targetBytes: 1 },
    });
    for (const node of chunks.nodes) node.mayWrite = false;
    await load(chunks, 0, 30);
    const votes = (): number =>
      chunks.nodes[0]?.driver.watch.latest.find(({ shard }) => shard === 1)?.records.generations[0]?.votes.length ?? 0;
    await chunks.until('votes', () => votes() === 3);
    for (let round = 0; round < 20; round++) await chunks.round();
    expect(viewOf(chunks.nodes[0])?.generations.map(({ state }) => state)).toEqual(['active', 'sealed']);
    expect(chunks.objects('')).toEqual([]);
    expect(chunks.nodes.flatMap(({ failures }) => failures)).toEqual([]);
    for (const node of chunks.nodes) node.mayWrite = true;
    await chunks.until('a chunk', () => chunksOf(chunks.nodes[0]) >= 1 && isQuiet(chunks));
    await readAll(chunks, 30);
  });

  it('do not retire while a quorum has not vouched for the rows', async () => {
    const chunks = await ChunkCluster.start({ nodes: 3 });
    const leader = chunks.nodes.find(({ engine }) => engine.host.replicasByShard.get(1)?.isLeader === true);
    for (const node of chunks.nodes) node.isAway = node !== leader;
    await load(chunks, 0, 30);
    for (let round = 0; round < 20; round++) await chunks.round();
    expect(viewOf(leader)?.generations.map(({ state }) => state)).toEqual(['active', 'placed']);
    for (const node of chunks.nodes) node.isAway = false;
    await chunks.until('a chunk', () => chunksOf(chunks.nodes[0]) >= 1 && isQuiet(chunks));
  });
});
