// SPDX-License-Identifier: Apache-2.0
import { chunkFormat as format } from '../core/lifecycle/testing/chunk-format.ts';
import { concatBytes, fromUtf8 } from '@shortlink/common/bytes.ts';
import { expect, it } from 'vitest';
import { runsOf } from '../core/lifecycle/chunk-set.ts';
import type { ChunkRun } from '../core/lifecycle/chunk-set.ts';
import type { Command } from '../core/statemachine/commands.ts';
import { generationNamespaces, generationRange, keySuffix } from '../core/statemachine/keys.ts';
import { readChunks } from '../core/statemachine/read-lifecycle.ts';
import { scanAll } from '../core/statemachine/scan-all.ts';
import { createdCodes, createLinks } from '../core/statemachine/testing/commands.ts';
import { exportSteps, objectOfRows } from '../core/statemachine/testing/lifecycle.ts';
import { MemoryChunks } from '../core/statemachine/testing/memory-chunks.ts';
import type { ColdAnswer, ColdQuery } from '../ports/cold-tier.ts';
import { ShardMachine, stateReader } from './machines/shard-machine.ts';
import { create, engineAt, formedCluster, read, write } from './testing/engine-client.ts';
import type { TestCluster } from './testing/test-cluster.ts';

/** One shard's chunks in memory, filled by retiring generations; answers as it is told to, first. */
class TestChunks {
  readonly #chunks = new MemoryChunks();
  #runs: readonly ChunkRun[] = [];
  readonly queries: ColdQuery[] = [];
  readonly answers: ColdAnswer[] = [];

  async query(query: ColdQuery): Promise<ColdAnswer> {
    this.queries.push(query);
    const next = this.answers.shift();
    return next ?? { kind: 'found', found: query.needs.map((need) => this.#chunks.answer(this.#runs, need)) };
  }

  /** Seals what is hot and takes it to the cold tier, as nodes with an object store do. */
  async retire(cluster: TestCluster, generation: number): Promise<void> {
    const engine = engineAt(cluster, 0);
    await write(cluster, engine, { type: 'upload', generation, format });
    const replica = engine.host.replicasByShard.get(1);
    if (!(replica?.machine instanceof ShardMachine)) throw new Error('no replica of shard 1');
    const scope = { shard: 1, slot: replica.machine.slot };
    const reader = stateReader(engine.deps.store);
    const rows = generationNamespaces.flatMap((namespace) =>
      scanAll(reader, generationRange(namespace, scope, generation)).map(({ key, value }) => {
        return { key: concatBytes(Uint8Array.of(namespace), keySuffix(key)), value };
      }),
    );
    const object = objectOfRows(`chunk-${generation}`, rows);
    this.#chunks.put(object.name, rows);
    const chunkSetVersion = generation - 1;
    const retire: Command = { type: 'retire', generation, object: object.name, chunkSetVersion };
    const steps = exportSteps(generation, object, replica.machine.confState.voters);
    for (const step of steps) await write(cluster, engine, step);
    const retired = await write(cluster, engine, retire);
    if (retired.kind !== 'lifecycle' || retired.verdict !== 'done') throw new Error(JSON.stringify(retired));
    this.#runs = runsOf(readChunks(reader, scope));
  }
}

async function coldCluster(): Promise<{ cluster: TestCluster; chunks: TestChunks }> {
  const cluster = await formedCluster(3);
  const chunks = new TestChunks();
  cluster.coldTier = chunks;
  return { cluster, chunks };
}

it('reads, refuses, changes and deletes a link in a chunk as if it were hot, through every node', async () => {
  const { cluster, chunks } = await coldCluster();
  for (const code of ['a', 'b', 'c']) await write(cluster, engineAt(cluster, 0), create(code, `https://${code}/`));
  await chunks.retire(cluster, 1);
  for (const engine of cluster.engines) {
    expect(await read(cluster, engine, 'a')).toMatchObject({ kind: 'link', link: { url: 'https://a/' } });
    expect(await read(cluster, engine, 'none')).toEqual({ kind: 'notFound' });
    expect(await write(cluster, engine, create('a', 'https://other/'))).toEqual({ kind: 'taken', dead: false });
  }
  const remove: Command = {
    type: 'deleteLink',
    dedup: { key: new Uint8Array(16).fill(7), fingerprint: new Uint8Array(8) },
    code: 'b',
    ifRevision: undefined,
  };
  expect(await write(cluster, engineAt(cluster, 1), remove)).toMatchObject({ kind: 'deleted' });
  await chunks.retire(cluster, 2);
  expect(await write(cluster, engineAt(cluster, 2), create('b', 'https://b2/'))).toEqual({ kind: 'taken', dead: true });
  expect(await write(cluster, engineAt(cluster, 2), create('d', 'https://d/'))).toMatchObject({ kind: 'link' });
});

it('answers that a link cannot be read, not that it is not there, while the chunks are away', async () => {
  const { cluster, chunks } = await coldCluster();
  await write(cluster, engineAt(cluster, 0), create('a', 'https://a/'));
  await chunks.retire(cluster, 1);
  chunks.answers.push({ kind: 'unavailable', message: 'the object store is away' });
  await expect(read(cluster, engineAt(cluster, 0), 'a')).rejects.toThrow('unavailable: the object store is away');
  chunks.answers.push({ kind: 'unavailable', message: 'the object store is away' });
  await expect(write(cluster, engineAt(cluster, 0), create('x', 'https://x/'))).rejects.toThrow('away');
  expect(await read(cluster, engineAt(cluster, 0), 'a')).toMatchObject({ kind: 'link' });
});

it('draws other codes for the links of a batch whose codes a chunk may have, and for those only', async () => {
  const { cluster, chunks } = await coldCluster();
  await write(cluster, engineAt(cluster, 0), create('a', 'https://a/'));
  await chunks.retire(cluster, 1);
  const asked = chunks.queries.length;
  const free = (isFree: boolean) => ({ kind: 'free', isFree }) as const;
  chunks.answers.push({ kind: 'found', found: [free(false), free(true), free(false)] });
  const command = createLinks([undefined, undefined, undefined], { codes: undefined });
  const made = await write(cluster, engineAt(cluster, 1), command);
  const [first, second] = chunks.queries
    .slice(asked)
    .map(({ needs }) => needs.map((need) => (need.kind === 'free' ? fromUtf8(need.suffix) : '')));
  expect(chunks.queries).toHaveLength(asked + 2);
  expect(createdCodes(made)).toEqual(second);
  expect(second?.[1]).toBe(first?.[1]);
  expect([second?.[0], second?.[2]]).not.toContain(first?.[0]);
  expect(await read(cluster, engineAt(cluster, 2), second?.[2] ?? '')).toMatchObject({ kind: 'link' });
});

it('looks again when a read finds the chunk set changed', async () => {
  const { cluster, chunks } = await coldCluster();
  await write(cluster, engineAt(cluster, 0), create('a', 'https://a/'));
  await chunks.retire(cluster, 1);
  const asked = chunks.queries.length;
  chunks.answers.push({ kind: 'moved' }, { kind: 'moved' });
  expect(await read(cluster, engineAt(cluster, 0), 'a')).toMatchObject({ kind: 'link' });
  expect(chunks.queries.length).toBe(asked + 3);
});

it('draws another code when a chunk may have the one that was drawn, and looks at rows when it has drawn often', async () => {
  const { cluster, chunks } = await coldCluster();
  await write(cluster, engineAt(cluster, 0), create('a', 'https://a/'));
  await chunks.retire(cluster, 1);
  const draw: Command = { ...create('', 'https://x/'), code: undefined, generated: true } as Command;
  const asked = chunks.queries.length;
  const perhaps: ColdAnswer = { kind: 'found', found: [{ kind: 'free', isFree: false }] };
  chunks.answers.push(perhaps);
  expect(await write(cluster, engineAt(cluster, 0), draw)).toMatchObject({ kind: 'link' });
  const needs = chunks.queries.slice(asked).map((query) => query.needs[0]);
  expect(needs.map((need) => need?.kind)).toEqual(['free', 'free']);
  expect(needs[0]).not.toEqual(needs[1]);
  const again = { ...draw, dedup: { key: new Uint8Array(16).fill(9), fingerprint: new Uint8Array(8) } } as Command;
  chunks.answers.push(...Array.from({ length: 8 }, () => perhaps));
  const before = chunks.queries.length;
  expect(await write(cluster, engineAt(cluster, 0), again)).toMatchObject({ kind: 'link' });
  const kinds = chunks.queries.slice(before).map((query) => query.needs[0]?.kind);
  expect(kinds).toEqual([...Array.from({ length: 8 }, () => 'free'), 'row']);
});
