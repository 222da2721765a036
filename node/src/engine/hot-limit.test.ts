// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from 'vitest';
import { chunkFormat as format } from '../core/lifecycle/testing/chunk-format.ts';
import { waitingGenerationsMax } from '../core/lifecycle/transitions.ts';
import { chunkObject, exportSteps } from '../core/statemachine/testing/lifecycle.ts';
import { MemoryChunks } from '../core/statemachine/testing/memory-chunks.ts';
import { ShardMachine } from './machines/shard-machine.ts';
import { create, engineAt, formedCluster, read, write } from './testing/engine-client.ts';
import type { TestCluster } from './testing/test-cluster.ts';

// Back-pressure (C2): the object store is away, generations pile up, and at last clients must wait.

const maxHotBytes = 7000;
const url = (bytes: number): string => `https://example.com/${'x'.repeat(bytes)}`;
let cluster: TestCluster;

beforeEach(async () => {
  cluster = await formedCluster(3, { maxHotBytes, collectTicks: 5 });
});

const written = async (code: string, bytes = 100, node = 0) =>
  write(cluster, engineAt(cluster, node), create(code, url(bytes)));
const proposed = async (command: Parameters<typeof write>[2]) => write(cluster, engineAt(cluster, 0), command);

/** Seals `count` generations with a link of their own. */
async function seal(count: number): Promise<void> {
  for (let generation = 1; generation <= count; generation++) {
    await written(`sealed-${generation}`);
    expect(await proposed({ type: 'upload', generation, format })).toEqual({ kind: 'lifecycle', verdict: 'done' });
  }
}

function machine(): ShardMachine {
  const replica = engineAt(cluster, 0).host.replicasByShard.get(1);
  return replica?.machine instanceof ShardMachine ? replica.machine : expect.fail('no replica of shard 1');
}

test('writes wait for the object store, through every node, with a word about what to do; reads go on', async () => {
  await seal(waitingGenerationsMax);
  await written('last', maxHotBytes);
  for (const node of [0, 1, 2]) {
    const refused = written(`refused-${node}`, 1, node);
    await expect(refused).rejects.toThrow(
      /^overloaded: shard 1 takes no more writes: 16 generations .*chunks\.maxHotBytes \(7000\).* object store/,
    );
  }
  for (const engine of cluster.engines) {
    expect(await read(cluster, engine, 'sealed-1')).toMatchObject({ kind: 'link' });
    expect(await read(cluster, engine, 'last')).toMatchObject({ kind: 'link' });
    expect(await read(cluster, engine, 'refused-0')).toEqual({ kind: 'notFound' });
  }
});

test('the steps of generations are taken, and make room for writes again', async () => {
  await seal(waitingGenerationsMax);
  await written('last', maxHotBytes);
  const upload = { type: 'upload', generation: waitingGenerationsMax + 1, format } as const;
  expect(await proposed(upload)).toEqual({ kind: 'lifecycle', verdict: 'tooMany' });
  const object = chunkObject('chunk-1');
  for (const step of exportSteps(1, object, machine().confState.voters)) await proposed(step);
  const retire = { type: 'retire', generation: 1, object: object.name, chunkSetVersion: 0 } as const;
  expect(await proposed(retire)).toEqual({ kind: 'lifecycle', verdict: 'done' });
  const chunks = new MemoryChunks();
  cluster.coldTier = {
    query: async ({ needs }) => ({ kind: 'found', found: needs.map((need) => chunks.answer([], need)) }),
  };
  expect(await written('next')).toMatchObject({ kind: 'link' });
  expect(await proposed(upload)).toEqual({ kind: 'lifecycle', verdict: 'done' });
  await expect(written('refused')).rejects.toThrow(/^overloaded: /);
});

test('neither many small generations nor a few large ones are a reason to refuse', async () => {
  await seal(waitingGenerationsMax - 1);
  expect(await written('large', maxHotBytes)).toMatchObject({ kind: 'link' });
  expect(await written('larger', maxHotBytes)).toMatchObject({ kind: 'link' });
});

test('sixteen small ones are none either, while there is room', async () => {
  await seal(waitingGenerationsMax);
  expect(await written('small')).toMatchObject({ kind: 'link' });
});

test('the leader’s own commands are never refused: what expires is collected', async () => {
  await written('first');
  const expiring = { ...create('expiring', url(10)), expiresAtMs: cluster.nowMs + 20_000 };
  await proposed(expiring);
  await proposed({ type: 'upload', generation: 1, format });
  for (let generation = 2; generation <= waitingGenerationsMax; generation++) {
    await written(`sealed-${generation}`);
    await proposed({ type: 'upload', generation, format });
  }
  await written('last', maxHotBytes);
  await expect(written('refused')).rejects.toThrow(/^overloaded: /);
  const before = machine().status().revision;
  for (let i = 0; i < 2; i++) {
    cluster.nowMs += 9000;
    await cluster.run(5);
  }
  await cluster.until('the collection', () => machine().status().revision > before);
  expect(await read(cluster, engineAt(cluster, 0), 'expiring')).toEqual({ kind: 'gone', reason: 'expired' });
});
