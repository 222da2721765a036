// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { chunkName } from '../../core/lifecycle/object-names.ts';
import type { LifecycleRecords } from '../../core/lifecycle/view.ts';
import type { ScrubFinding, UpkeepReport, UpkeepRequest } from '../../ports/chunk-upkeep.ts';
import { create, engineAt, read, write } from '../testing/engine-client.ts';
import { ChunkCluster } from './testing/chunk-cluster.ts';
import type { ChunkClusterOptions, ChunkNode } from './testing/chunk-cluster.ts';

const links = 60;

function recordsOf(chunks: ChunkCluster): LifecycleRecords {
  const watched = chunks.nodes[0]?.driver.watch.latest.find(({ shard }) => shard === 1);
  return watched?.records ?? { generations: [], chunks: [], garbage: [] };
}

async function clusterWithChunks(options: Partial<ChunkClusterOptions> = {}): Promise<ChunkCluster> {
  const chunks = await ChunkCluster.start({ nodes: 3, ...options });
  for (let i = 0; i < links; i++) {
    await write(chunks.cluster, engineAt(chunks.cluster, i % 3), create(`c${i}`, `https://example.com/${i}`));
    if (i % 20 === 19) for (let round = 0; round < 10; round++) await chunks.round();
  }
  await chunks.until('chunks on every node', () => {
    const { chunks: set, generations } = recordsOf(chunks);
    return set.length > 0 && generations.length === 0 && set.every(({ holders }) => holders.length === 2);
  });
  return chunks;
}

const nodeOf = (chunks: ChunkCluster, place = 0): ChunkNode => chunks.nodes[place] ?? expect.fail('no such node');

/** Runs a job on a node to its end, while all nodes go on. */
async function run(chunks: ChunkCluster, request: UpkeepRequest, place = 0): Promise<UpkeepReport> {
  const { upkeep } = nodeOf(chunks, place);
  const started = await upkeep.start(request);
  expect(started?.state.kind).toBe('running');
  expect(await upkeep.start(request), 'one at a time').toBeUndefined();
  let state = started?.state;
  await chunks.until(
    'the end of the job',
    () => {
      void upkeep.job().then((job) => (state = job?.state));
      return state?.kind !== 'running';
    },
    2000,
  );
  return state?.kind === 'done' ? state.report : expect.fail(JSON.stringify(state));
}

async function scrub(chunks: ChunkCluster, repair: boolean, place = 0): Promise<readonly ScrubFinding[]> {
  const report = await run(chunks, { kind: 'scrub', repair }, place);
  return report.kind === 'scrub' ? report.shards.flatMap(({ findings }) => findings) : expect.fail('no scrub');
}

async function readAll(chunks: ChunkCluster): Promise<void> {
  for (const engine of chunks.cluster.engines)
    for (let i = 0; i < links; i++) expect(await read(chunks.cluster, engine, `c${i}`)).toMatchObject({ kind: 'link' });
}

const firstChunk = (chunks: ChunkCluster): string =>
  recordsOf(chunks).chunks[0]?.object.name ?? expect.fail('no chunk');

function flip(chunks: ChunkCluster, name: string): void {
  const bytes = chunks.bucket.get(name)?.slice() ?? expect.fail(`no ${name}`);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
  chunks.bucket.delete(name);
  chunks.bucket.put(name, bytes, chunks.cluster.nowMs);
}

it('changes nothing in a store that was not checked yet, and says so', async () => {
  const chunks = await clusterWithChunks();
  nodeOf(chunks).mayWrite = false;
  for (const request of [
    { kind: 'gc', dryRun: false },
    { kind: 'scrub', repair: true },
  ] as const) {
    await nodeOf(chunks).upkeep.start(request);
    await chunks.round();
    const job = await nodeOf(chunks).upkeep.job();
    expect(job?.state).toMatchObject({ kind: 'failed', message: expect.stringContaining('could not check yet') });
  }
  expect(await run(chunks, { kind: 'gc', dryRun: true })).toMatchObject({ kind: 'gc', dryRun: true });
});

describe('a scrub', () => {
  it('reads every object, and finds nothing where nothing is wrong', async () => {
    const chunks = await clusterWithChunks();
    const report = await run(chunks, { kind: 'scrub', repair: false });
    const { chunks: set } = recordsOf(chunks);
    const bytes = set.reduce((sum, { object }) => sum + object.sizeBytes, 0);
    expect(report).toEqual({
      kind: 'scrub',
      repair: false,
      shards: [{ shard: 1, checkedObjects: set.length, checkedBytes: bytes, findings: [], pending: 0, foreign: 0 }],
    });
    const job = await nodeOf(chunks).upkeep.job();
    expect(job?.progress).toEqual({ shards: 1, shardsDone: 1, bytes, bytesDone: bytes });
  });

  it('tells what is missing, wrong, and too much', async () => {
    const chunks = await clusterWithChunks({ collector: { orphanMinAgeMs: 1 } });
    const [first, second] = recordsOf(chunks).chunks.map(({ object }) => object.name);
    chunks.bucket.delete(first ?? '');
    flip(chunks, second ?? expect.fail('one chunk only'));
    for (const node of chunks.nodes) node.isAway = true;
    const clusterId = chunks.cluster.engines[0]?.volume.map?.clusterId ?? '';
    const extra = chunkName(clusterId, 1, { generation: 1, index: 999_999, term: 1 }, '0'.repeat(16));
    chunks.bucket.put(extra, Uint8Array.of(1), 0);
    const findings = await scrub(chunks, false);
    expect(findings.find(({ name }) => name === first)).toMatchObject({ problem: 'missing', repair: undefined });
    expect(findings.find(({ name }) => name === extra)).toMatchObject({ problem: 'extra', repair: undefined });
    expect(findings.find(({ name }) => name === second)).toMatchObject({ problem: 'corrupt', repair: undefined });
    await readAll(chunks);
  });

  it.each(['missing', 'corrupt'] as const)('makes a %s object anew from the copies on nodes', async (problem) => {
    for (const place of [0, 1, 2]) {
      const chunks = await clusterWithChunks();
      const name = firstChunk(chunks);
      if (problem === 'missing') chunks.bucket.delete(name);
      else flip(chunks, name);
      const findings = await scrub(chunks, true, place);
      expect(findings).toMatchObject([{ name, problem, repair: 'repaired' }]);
      expect(await scrub(chunks, false, place)).toEqual([]);
      for (const node of chunks.nodes) for (const file of node.files.files.keys()) await node.files.remove(file);
      await readAll(chunks);
    }
  });

  it('says so when there is no right copy left', async () => {
    const chunks = await clusterWithChunks();
    const name = firstChunk(chunks);
    for (const node of chunks.nodes) node.isAway = true;
    for (const node of chunks.nodes) await node.files.remove(name);
    chunks.bucket.delete(name);
    expect(await scrub(chunks, true)).toMatchObject([{ name, problem: 'missing', repair: 'lost' }]);
    expect(recordsOf(chunks).chunks.map(({ object }) => object.name)).toContain(name);
  });

  it('cannot say anything of objects that cannot be read', async () => {
    let isAway = false;
    const faults = {
      next: (operation: string) => ({
        delayMs: 0,
        fault: isAway && operation === 'getRange' ? ('torn' as const) : undefined,
      }),
    };
    const chunks = await clusterWithChunks({ faults });
    isAway = true;
    const findings = await scrub(chunks, true);
    expect(new Set(findings.map(({ problem, repair }) => `${problem} ${String(repair)}`))).toEqual(
      new Set(['unreadable undefined']),
    );
  });
});

describe('a collection on request', () => {
  it('says what it would delete and why the rest stays, and then does it, on any node', async () => {
    const collector = { minAgeMs: 500_000, orphanMinAgeMs: 1_000_000 };
    const chunks = await clusterWithChunks({ merges: { maxCandidates: 2, targetBytes: 1200 }, collector });
    await chunks.until('garbage', () => recordsOf(chunks).garbage.length > 0 && recordsOf(chunks).merge === undefined);
    const { garbage } = recordsOf(chunks);
    const young = await run(chunks, { kind: 'gc', dryRun: false }, 1);
    const objects = garbage.map(({ name, sizeBytes }) => ({ name, sizeBytes, standing: 'garbage', wait: 'age' }));
    expect(young).toMatchObject({ kind: 'gc', shards: [{ shard: 1, objects }] });
    for (const node of chunks.nodes) node.isAway = true;
    chunks.cluster.nowMs += 600_000;
    await chunks.round();
    await write(chunks.cluster, engineAt(chunks.cluster, 0), create('later', 'https://later/'));
    const dry = await run(chunks, { kind: 'gc', dryRun: true }, 2);
    const due = objects.map((object) => ({ ...object, wait: undefined }));
    expect(dry).toMatchObject({ kind: 'gc', dryRun: true, shards: [{ objects: due }] });
    for (const { name } of garbage) expect(chunks.bucket.get(name)).toBeDefined();
    expect(await run(chunks, { kind: 'gc', dryRun: false }, 2)).toMatchObject({ shards: [{ objects: due }] });
    for (const { name } of garbage) expect(chunks.bucket.get(name)).toBeUndefined();
    expect(await run(chunks, { kind: 'gc', dryRun: true }, 1)).toMatchObject({ shards: [{ objects: [] }] });
  });
});
