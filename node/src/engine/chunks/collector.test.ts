// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { SimRandom } from '../../../sim/sim-random.ts';
import { SeededFaults } from '../../../sim/object-store/object-faults.ts';
import { candidatesMax } from '../../core/lifecycle/chunk-set.ts';
import { chunkName, chunkPrefix, supersededName } from '../../core/lifecycle/object-names.ts';
import { referencedNames } from '../../core/lifecycle/object-standing.ts';
import type { LifecycleRecords } from '../../core/lifecycle/view.ts';
import { create, engineAt, read, write } from '../testing/engine-client.ts';
import { ChunkCluster } from './testing/chunk-cluster.ts';

const merges = { maxCandidates: 3, targetBytes: 1200 };
const collector = { minAgeMs: 2000, orphanMinAgeMs: 5000 };

function recordsOf(chunks: ChunkCluster): LifecycleRecords {
  const leader = chunks.nodes.find(({ engine }) => engine.host.replicasByShard.get(1)?.isLeader === true);
  const watched = leader?.driver.watch.latest.find(({ shard }) => shard === 1);
  return watched?.records ?? { generations: [], chunks: [], garbage: [] };
}

/** Of chunks; manifests and checkpoints lie there, too. */
const namesIn = (chunks: ChunkCluster): string[] => {
  const { objects } = chunks.bucket.list({ prefix: '', limit: 1000 });
  return objects.map(({ name }) => name).filter((name) => name.includes('/chunks/') || name.includes('elsewhere'));
};

async function load(chunks: ChunkCluster, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await write(chunks.cluster, engineAt(chunks.cluster, i % 3), create(`c${i}`, `https://example.com/${i}`));
    if (i % 10 === 9) await chunks.round();
  }
}

/** Nothing is on its way, nothing is being merged, and nothing waits to be deleted. */
function isClean(chunks: ChunkCluster, generations: number): boolean {
  const { chunks: set, merge, garbage } = recordsOf(chunks);
  const newest = Math.max(0, ...set.map(({ lastGeneration }) => lastGeneration));
  const isMerged = candidatesMax(set) < merges.maxCandidates && merge === undefined;
  return newest >= generations && isMerged && garbage.length === 0;
}

/** V1: nothing that is on record is ever deleted. */
function checkReferenced(chunks: ChunkCluster): void {
  const there = new Set(namesIn(chunks));
  const missing = [...referencedNames(recordsOf(chunks))].filter((name) => !there.has(name));
  expect(missing).toEqual([]);
}

describe('objects that nothing refers to any more', () => {
  it('are deleted once they are old enough, and only they', async () => {
    const chunks = await ChunkCluster.start({ nodes: 3, merges, collector });
    await load(chunks, 0, 120);
    await chunks.until('garbage', () => recordsOf(chunks).garbage.length > 0);
    const young = recordsOf(chunks).garbage.map(({ name }) => name);
    expect(namesIn(chunks)).toEqual(expect.arrayContaining(young));
    await chunks.until(
      'nothing left to do',
      () => {
        checkReferenced(chunks);
        return isClean(chunks, 4);
      },
      600,
    );
    const names = recordsOf(chunks).chunks.map(({ object }) => object.name);
    expect(namesIn(chunks).toSorted()).toEqual(names.toSorted());
    for (const engine of chunks.cluster.engines) {
      for (let i = 0; i < 120; i++) expect(await read(chunks.cluster, engine, `c${i}`)).toMatchObject({ kind: 'link' });
    }
  });

  it('wait for the manifest that does without them', async () => {
    let isRefused = true;
    const faults = {
      next: (operation: string, name: string) => {
        const isManifest = operation === 'put' && name.includes('/manifests/00000001/');
        return { delayMs: 0, fault: isManifest && isRefused ? ('torn' as const) : undefined };
      },
    };
    const chunks = await ChunkCluster.start({ nodes: 3, merges, collector, faults });
    await load(chunks, 0, 120);
    await chunks.until('garbage', () => recordsOf(chunks).garbage.length > 0);
    const { garbage } = recordsOf(chunks);
    for (let round = 0; round < 100; round++) await chunks.round();
    expect(namesIn(chunks)).toEqual(expect.arrayContaining(garbage.map(({ name }) => name)));
    isRefused = false;
    await chunks.until('nothing left to do', () => isClean(chunks, 4), 600);
  });

  it('stay where they are once another cluster was made from them', async () => {
    const chunks = await ChunkCluster.start({ nodes: 3, merges, collector });
    await load(chunks, 0, 120);
    await chunks.until('garbage', () => recordsOf(chunks).garbage.length > 0);
    const { garbage } = recordsOf(chunks);
    const clusterId = chunks.cluster.engines[0]?.volume.map?.clusterId ?? '';
    chunks.bucket.put(supersededName(clusterId), Uint8Array.of(1), chunks.cluster.nowMs);
    for (let round = 0; round < 100; round++) await chunks.round();
    expect(namesIn(chunks)).toEqual(expect.arrayContaining(garbage.map(({ name }) => name)));
  });

  it('go through a store that times out, conflicts, tears, loses answers and lists what is over', async () => {
    const faults = new SeededFaults(new SimRandom(5), {
      probability: 1 / 12,
      faults: ['timeoutAfter', 'lostAnswer', 'torn', 'throttled', 'conflict', 'staleList'],
      maxDelayMs: 0,
    });
    const chunks = await ChunkCluster.start({ nodes: 3, merges, faults, collector });
    await load(chunks, 0, 120);
    await chunks.until(
      'nothing left to do',
      () => {
        checkReferenced(chunks);
        const names = recordsOf(chunks).chunks.map(({ object }) => object.name);
        return isClean(chunks, 4) && namesIn(chunks).length === names.length;
      },
      5000,
    );
  });
});

it('nothing is lost when answers are: what was taken twice is not given up', async () => {
  const chunks = await ChunkCluster.start({ nodes: 3, merges, collector, losesAnswers: true });
  await load(chunks, 0, 120);
  await chunks.until(
    'nothing left to do',
    () => {
      checkReferenced(chunks);
      return isClean(chunks, 4);
    },
    600,
  );
  const events = chunks.nodes.flatMap((node) => node.events);
  expect(events.filter((event) => event === 'mergeAbandoned' || event === 'corrupt')).toEqual([]);
  for (let i = 0; i < 120; i++)
    expect(await read(chunks.cluster, engineAt(chunks.cluster, 0), `c${i}`)).toMatchObject({ kind: 'link' });
});

describe('objects that were never on record', () => {
  it('are deleted when no entry can name them any more and they are old, and uploads left behind are aborted', async () => {
    const chunks = await ChunkCluster.start({ nodes: 3, collector });
    await load(chunks, 0, 40);
    await chunks.until('a chunk', () => recordsOf(chunks).chunks.length > 0);
    const clusterId = chunks.cluster.engines[0]?.volume.map?.clusterId ?? '';
    const { nowMs } = chunks.cluster;
    const attempt = (generation: number, index: number, nth: number): string =>
      chunkName(clusterId, 1, { generation, index, term: 1 }, String(nth).padStart(16, '0'));
    const lost = [attempt(1, 3, 1), attempt(1, 999_999, 2)];
    const kept = [attempt(1000, 3, 3), `${chunkPrefix(clusterId, 1)}somebody-elses`, 'elsewhere/x'];
    for (const name of [...lost, ...kept]) chunks.bucket.put(name, Uint8Array.of(1), nowMs);
    chunks.bucket.startUpload(attempt(1, 4, 4), { partBytes: 10, timeoutMs: 1 }, 1, nowMs);
    for (let round = 0; round < 3; round++) await chunks.round();
    expect(namesIn(chunks), 'young').toEqual(expect.arrayContaining([...lost, ...kept]));
    await chunks.until('the orphans to go', () => lost.every((name) => chunks.bucket.get(name) === undefined), 600);
    await chunks.until('the upload to go', () => chunks.bucket.uploadCount === 0, 600);
    expect(namesIn(chunks)).toEqual(expect.arrayContaining(kept));
    checkReferenced(chunks);
  });
});
