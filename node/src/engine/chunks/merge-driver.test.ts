// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { SimRandom } from '../../../sim/sim-random.ts';
import { SeededFaults } from '../../../sim/object-store/object-faults.ts';
import { candidatesMax } from '../../core/lifecycle/chunk-set.ts';
import type { LifecycleRecords } from '../../core/lifecycle/view.ts';
import type { Command } from '../../core/statemachine/commands.ts';
import { create, engineAt, read, write } from '../testing/engine-client.ts';
import { ChunkCluster } from './testing/chunk-cluster.ts';
import type { ChunkClusterOptions } from './testing/chunk-cluster.ts';

const merges = { maxCandidates: 3, targetBytes: 1200 };

function recordsOf(chunks: ChunkCluster, node = 0): LifecycleRecords {
  const watched = chunks.nodes[node]?.driver.watch.latest.find(({ shard }) => shard === 1);
  return watched?.records ?? { generations: [], chunks: [], garbage: [] };
}

/** Links one after the other, each generation with the rounds that it needs. */
async function load(chunks: ChunkCluster, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await write(chunks.cluster, engineAt(chunks.cluster, i % 3), create(`c${i}`, `https://example.com/${i}`));
    if (i % 10 === 9) await chunks.round();
  }
}

/** Nothing is on its way, and nothing is being merged. */
async function settle(chunks: ChunkCluster, generations: number, rounds = 400): Promise<void> {
  const isSettled = (_: unknown, node: number): boolean => {
    const records = recordsOf(chunks, node);
    const newest = Math.max(0, ...records.chunks.map(({ lastGeneration }) => lastGeneration));
    const candidates = candidatesMax(records.chunks);
    return newest >= generations && records.merge === undefined && candidates < merges.maxCandidates;
  };
  await chunks.until('few candidates', () => chunks.nodes.every(isSettled), rounds);
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

async function merged(options: Partial<ChunkClusterOptions> = {}): Promise<ChunkCluster> {
  const chunks = await ChunkCluster.start({ nodes: 3, merges, ...options });
  await load(chunks, 0, 120);
  await settle(chunks, 4);
  return chunks;
}

const count = (chunks: ChunkCluster, event: string): number =>
  chunks.nodes.reduce((sum, { events }) => sum + events.filter((one) => one === event).length, 0);

describe('chunks', () => {
  it('are merged into ranges, read again by another node, and answer for every link through every node', async () => {
    const chunks = await merged();
    const { chunks: set, garbage } = recordsOf(chunks);
    expect(count(chunks, 'merged')).toBeGreaterThan(0);
    expect(count(chunks, 'mergeVerified')).toBe(count(chunks, 'merged'));
    expect(Math.max(...set.map(({ level }) => level))).toBeGreaterThan(0);
    expect(set.filter(({ level }) => level > 0).length, 'outputs end at the target').toBeGreaterThan(1);
    for (const { holders } of set) expect(holders.length).toBeGreaterThanOrEqual(2);
    expect(garbage.length).toBeGreaterThan(0);
    expect(chunks.objects('/chunks/')).toHaveLength(set.length + garbage.length);
    await readAll(chunks, 120);
  });

  it('keep a deleted code dead through merges to the bottom', async () => {
    const chunks = await ChunkCluster.start({ nodes: 3, merges: { ...merges, maxCandidates: 2 } });
    const engine = engineAt(chunks.cluster, 0);
    await write(chunks.cluster, engine, create('dead', 'https://dead/'));
    const remove: Command = { type: 'deleteLink', dedup: dedup(7), code: 'dead', ifRevision: undefined };
    expect(await write(chunks.cluster, engine, remove)).toMatchObject({ kind: 'deleted' });
    await load(chunks, 0, 120);
    await chunks.until('one run', () => {
      const { chunks: set, merge } = recordsOf(chunks);
      return merge === undefined && set.length > 0 && candidatesMax(set) === 1 && count(chunks, 'merged') > 1;
    });
    expect(await write(chunks.cluster, engine, create('dead', 'https://other/'))).toEqual({
      kind: 'taken',
      dead: true,
    });
  });

  it('get there through a store that times out, conflicts, tears and loses answers', async () => {
    const faults = new SeededFaults(new SimRandom(11), {
      probability: 1 / 12,
      faults: ['timeoutAfter', 'lostAnswer', 'torn', 'throttled', 'conflict', 'existsAfterOwn'],
      maxDelayMs: 0,
    });
    const chunks = await ChunkCluster.start({ nodes: 3, merges, faults });
    await load(chunks, 0, 120);
    await settle(chunks, 4, 3000);
    await readAll(chunks, 120);
  });

  it('are not replaced by an output that is not what was written: the merge is given up, and done anew', async () => {
    const exported = new Set<string | undefined>();
    let isDone = false;
    const faults = {
      next: (operation: string, name: string) => {
        // The second object of a generation is an output of a merge.
        const generation = name.split('/').at(-1)?.split('-')[0];
        const isExport = operation === 'put' && name.includes('/chunks/');
        const flip = isExport && !isDone && exported.has(generation);
        isDone ||= flip;
        if (isExport) exported.add(generation);
        return { delayMs: 0, fault: flip ? ('flippedByte' as const) : undefined };
      },
    };
    const chunks = await ChunkCluster.start({ nodes: 3, merges, faults });
    await load(chunks, 0, 120);
    await settle(chunks, 4);
    expect(count(chunks, 'corrupt')).toBeGreaterThan(0);
    expect(count(chunks, 'mergeVerified')).toBeLessThan(count(chunks, 'merged'));
    await readAll(chunks, 120);
  });

  it('are not replaced while nobody else has read the merge again, or nobody holds the outputs', async () => {
    const chunks = await ChunkCluster.start({ nodes: 3, merges });
    await load(chunks, 0, 120);
    await chunks.until('a merge', () => recordsOf(chunks).merge !== undefined);
    const merger = chunks.nodes.find(({ engine }) => engine.nodeId === recordsOf(chunks).merge?.node);
    for (const node of chunks.nodes) node.isAway = node !== merger;
    const place = chunks.nodes.findIndex((node) => node === merger);
    await chunks.until('outputs', () => recordsOf(chunks, place).merge?.result !== undefined);
    for (let round = 0; round < 50; round++) await chunks.round();
    const { merge } = recordsOf(chunks, place);
    expect(merge?.result?.outputs.every(({ holders }) => holders.length < 2)).toBe(true);
    expect(count(chunks, 'mergeVerified')).toBe(0);
    await readAll(chunks, 120);
    for (const node of chunks.nodes) node.isAway = false;
    await settle(chunks, 4);
    await readAll(chunks, 120);
  });
});

function dedup(byte: number) {
  return { key: new Uint8Array(16).fill(byte), fingerprint: new Uint8Array(8) };
}
