// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { defined } from '@shortlink/common/assert.ts';
import { chunkPrefix, supersededName } from '../../core/lifecycle/object-names.ts';
import type { Command } from '../../core/statemachine/commands.ts';
import { ChunkCluster } from '../chunks/testing/chunk-cluster.ts';
import type { ChunkClusterOptions } from '../chunks/testing/chunk-cluster.ts';
import { create, engineAt, read, readOne, write } from '../testing/engine-client.ts';
import { RebuildError } from './rebuild-context.ts';
import { rebuildContext, rebuildInMemory } from './testing/rebuild-in-memory.ts';
import type { RebuiltInMemory } from './testing/rebuild-in-memory.ts';

let dedup = 1_000_000;
function remove(code: string): Command {
  dedup++;
  const key = Uint8Array.from({ length: 16 }, (_, i) => (i < 4 ? (dedup >>> (8 * i)) & 0xff : 99));
  return { type: 'deleteLink', dedup: { key, fingerprint: new Uint8Array(8) }, code, ifRevision: undefined };
}

async function load(chunks: ChunkCluster, prefix: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const command = create(`${prefix}${i}`, `https://x/${prefix}${i}`);
    expect((await write(chunks.cluster, engineAt(chunks.cluster, 0), command)).kind).toBe('link');
  }
}

function isQuiet(chunks: ChunkCluster): boolean {
  return chunks.nodes.every(({ driver }) => driver.watch.latest[0]?.view.generations.length === 1);
}

async function chunked(chunks: ChunkCluster): Promise<void> {
  const count = chunks.objects('/chunks/').length;
  await chunks.until('a chunk', () => chunks.objects('/chunks/').length > count && isQuiet(chunks));
}

async function checkpointed(chunks: ChunkCluster): Promise<void> {
  const count = chunks.objects('/checkpoints/').length;
  await chunks.until('a checkpoint', () => chunks.objects('/checkpoints/').length > count);
}

/** 30 links in chunks, then five more and a deletion in a checkpoint. */
async function oldCluster(options: Partial<ChunkClusterOptions> = {}): Promise<ChunkCluster> {
  const old = await ChunkCluster.start({ nodes: 3, ...options });
  await load(old, 'a', 30);
  await chunked(old);
  await load(old, 'b', 5);
  await write(old.cluster, engineAt(old.cluster, 0), remove('a3'));
  await checkpointed(old);
  return old;
}

async function rebuild(
  old: ChunkCluster,
  options: Parameters<typeof rebuildInMemory>[2] = {},
  nodes = 1,
): Promise<RebuiltInMemory> {
  return rebuildInMemory(rebuildContext(old.bucket, old.cluster.nowMs, dedup++), nodes, options);
}

async function started(old: ChunkCluster, { platters }: RebuiltInMemory): Promise<ChunkCluster> {
  return ChunkCluster.start({ nodes: platters.length, bucket: old.bucket, platters });
}

async function expectAll(chunks: ChunkCluster, without: readonly string[] = []): Promise<void> {
  for (const engine of chunks.cluster.engines) {
    for (let i = 0; i < 35; i++) {
      const code = i < 30 ? `a${i}` : `b${i - 30}`;
      const kind = code === 'a3' ? 'gone' : 'link';
      expect((await read(chunks.cluster, engine, code)).kind, code).toBe(without.includes(code) ? 'notFound' : kind);
    }
  }
}

describe('a cluster that was rebuilt from its objects', () => {
  it('has what was in chunks and in checkpoints, and a name, a place and nodes of its own', async () => {
    const old = await oldCluster();
    const retry = create('b9', 'https://x/b9');
    const first = await write(old.cluster, engineAt(old.cluster, 0), retry);
    await checkpointed(old);
    await load(old, 'late', 1);
    const made = await rebuild(old, {}, 3);
    const { report } = made;
    expect(report).toMatchObject({ problems: [], damaged: [], adopted: false });
    expect(report.shards).toMatchObject([{ shard: 1, checkpointRows: 7, asOfMs: expect.any(Number) as number }]);
    const fresh = await started(old, made);
    const ids = new Set(fresh.cluster.engines.map(({ nodeId }) => nodeId));
    expect(old.cluster.engines.filter(({ nodeId }) => ids.has(nodeId))).toEqual([]);
    expect(fresh.cluster.engines.map((engine) => engine.volume.clusterId)).toEqual(Array(3).fill(report.clusterId));
    await expectAll(fresh);
    const { cluster } = fresh;
    expect((await read(cluster, engineAt(cluster, 0), 'late0')).kind).toBe('notFound');
    const again = await write(cluster, engineAt(cluster, 1), create('a3', 'https://other/'));
    expect(again).toMatchObject({ kind: 'taken', dead: true });
    expect(await write(cluster, engineAt(cluster, 1), retry), 'a retry meets the memory').toEqual(first);
    const all = await readOne(cluster, engineAt(cluster, 0), {
      type: 'links',
      creatorId: 'me',
      afterRevision: 0,
      limit: 100,
    });
    expect(all.kind === 'links' && all.links.map(({ code }) => code)).toHaveLength(35);
    const before = Math.max(
      ...old.cluster.engines.map((engine) => engine.host.replicasByShard.get(1)?.machine.status().revision ?? 0),
    );
    const made2 = await write(cluster, engineAt(cluster, 2), create('new', 'https://new/'));
    expect(made2.kind === 'link' && made2.link.revision).toBeGreaterThan(before);
  });

  it('lives on: exports, takes checkpoints, and can be rebuilt itself', async () => {
    const old = await oldCluster();
    const fresh = await started(old, await rebuild(old, {}, 3));
    await load(fresh, 'c', 20);
    await chunked(fresh);
    await load(fresh, 'd', 1);
    await checkpointed(fresh);
    const last = await started(old, await rebuild(old));
    await expectAll(last);
    expect((await read(last.cluster, engineAt(last.cluster, 0), 'c19')).kind).toBe('link');
  });

  it('leaves the old objects as they were, but for the mark', async () => {
    const old = await oldCluster();
    const before = old.objects('');
    const { report } = await rebuild(old);
    const now = old.objects(`${report.from}/`);
    expect(now.filter((name) => !before.includes(name))).toEqual([supersededName(report.from)]);
    expect(before.filter((name) => !now.includes(name))).toEqual([]);
    expect(old.objects(chunkPrefix(report.clusterId, 1))).toHaveLength(old.objects(chunkPrefix(report.from, 1)).length);
  });

  it('uses the old chunks where they are when it adopts them', async () => {
    const old = await oldCluster();
    const { report, platters } = await rebuild(old, { adopt: true });
    expect(old.objects(chunkPrefix(report.clusterId, 1))).toEqual([]);
    await expectAll(await started(old, { report, platters }));
  });
});

describe('the old cluster, should it still live', () => {
  it('stops exporting, publishing and taking checkpoints for good, says so, and serves on', async () => {
    const old = await oldCluster();
    await rebuild(old);
    const names = old.objects('');
    await load(old, 'd', 30);
    for (let round = 0; round < 60; round++) await old.round();
    expect(old.objects('').filter((name) => !names.includes(name))).toEqual([]);
    expect(old.nodes.some(({ failures }) => failures.some((text) => text.includes('was superseded by')))).toBe(true);
    await expectAll(old);
    expect((await read(old.cluster, engineAt(old.cluster, 0), 'd7')).kind).toBe('link');
  });
});

describe('a rebuild', () => {
  it('goes on where one was cut off, under the same name', async () => {
    const old = await oldCluster();
    const broken = rebuild(old, { openVolumes: async () => Promise.reject(new Error('the disk is full')) });
    await expect(broken).rejects.toThrow('the disk is full');
    const [mark] = old.objects('superseded-by');
    const made = await rebuild(old);
    expect(old.objects('superseded-by')).toEqual([mark]);
    expect(Buffer.from(defined(old.bucket.get(mark ?? ''), 'mark')).toString()).toContain(made.report.clusterId);
    await expectAll(await started(old, made));
  });

  it('refuses what was rebuilt already, unless it is asked for again', async () => {
    const old = await oldCluster();
    const { report } = await rebuild(old);
    const cluster = report.from;
    await expect(rebuild(old, { cluster })).rejects.toThrow(`was rebuilt as cluster ${report.clusterId} already`);
    const again = await rebuild(old, { cluster, again: true });
    expect([report.clusterId, report.from]).not.toContain(again.report.clusterId);
    await expectAll(await started(old, again));
  });

  it('wants to be told which one, when there are several, and says when there is none', async () => {
    const old = await oldCluster();
    const other = await ChunkCluster.start({ nodes: 1, bucket: old.bucket, seed: 77 });
    await checkpointed(other);
    await expect(rebuild(old)).rejects.toThrow(/several clusters: .*choose one with --cluster/);
    const cluster = old.cluster.engines[0]?.volume.clusterId;
    expect((await rebuild(old, { cluster })).report.from).toBe(cluster);
    const empty = await ChunkCluster.start({ nodes: 1 });
    await expect(rebuild(empty)).rejects.toThrow('holds no manifest of any cluster');
    await expect(rebuild(old, { cluster: 'none' })).rejects.toThrow('no manifest of a cluster none; it holds');
  });

  it('refuses to lose a damaged chunk silently, and leaves it out where it is told to', async () => {
    const old = await oldCluster();
    const [chunk = ''] = old.objects('/chunks/');
    old.bucket.corrupt(chunk, 100);
    const failed = await rebuild(old).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RebuildError);
    expect(String(failed)).toContain(`1 of ${old.objects('/chunks/').length / 2} chunks are missing or damaged`);
    const made = await rebuild(old, { skipDamaged: true });
    expect(made.report.damaged).toMatchObject([{ name: chunk }]);
    const fresh = await started(old, made);
    expect((await read(fresh.cluster, engineAt(fresh.cluster, 0), 'b1')).kind).toBe('link');
  });

  it('falls back to an older checkpoint when the newest one is damaged, and says so', async () => {
    const old = await oldCluster();
    await load(old, 'e', 2);
    await checkpointed(old);
    old.bucket.corrupt(old.objects('/checkpoints/').at(-1) ?? '', 200);
    const made = await rebuild(old);
    expect(made.report.problems.join()).toContain('does not have the checksum');
    await expectAll(await started(old, made));
    const other = await oldCluster();
    await load(other, 'e', 2);
    await checkpointed(other);
    other.bucket.corrupt(other.objects('/checkpoint-rows/').at(-1) ?? '', 60);
    const without = await rebuild(other);
    expect(without.report.problems.join()).toMatch(/checkpoint at \d+ of shard 1/);
    await expectAll(await started(other, without));
  });
});
