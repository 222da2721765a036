// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { ChunkRecord, GenerationRecord } from '../../core/lifecycle/types.ts';
import type { LifecycleView } from '../../core/lifecycle/view.ts';
import { chunkFormat } from '../../core/lifecycle/testing/chunk-format.ts';
import { chunkObject } from '../../core/statemachine/testing/lifecycle.ts';
import { place } from '../../core/placement/place.ts';
import { buildRing } from '../../core/placement/ring.ts';
import { chunkTotals, planHolding } from './holder.ts';
import type { WatchedShard } from './shard-watch.ts';

const members = ['n1', 'n2', 'n3', 'n4'].map((id) => ({ id, zone: '', weight: 100 }));
const ring = buildRing(1, members);
const placement = { ringEpoch: 1, nodes: members.map(({ id }) => id), redundancy: 2 };
const chunk = (name: string, holders: readonly string[] = []): ChunkRecord => ({
  object: chunkObject(name),
  firstGeneration: 1,
  lastGeneration: 1,
  level: 0,
  addedVersion: 1,
  holders,
});
const generation = (name: string, fields: Partial<GenerationRecord> = {}): GenerationRecord => ({
  id: 2,
  sealedIndex: 1,
  sealedTerm: 1,
  sealedAtMs: 1,
  format: chunkFormat,
  votes: [],
  object: chunkObject(name),
  readback: undefined,
  placement: undefined,
  holders: [],
  ...fields,
});
const view: LifecycleView = {
  lifecycleVersion: 1,
  chunkSetVersion: 1,
  timeMs: 1,
  voters: [1],
  votersOutgoing: [],
  generations: [],
  records: undefined,
};

function shard(chunks: readonly ChunkRecord[], generations: readonly GenerationRecord[] = []): WatchedShard {
  return { shard: 1, view, records: { chunks, generations, garbage: [] } };
}

/** Names that the ring gives to `node`, or not. */
function names(node: string, isMine: boolean): string[] {
  return Array.from({ length: 40 }, (_, i) => `c${i}`).filter((name) => place(ring, name, 2).includes(node) === isMine);
}

it('fetches what the ring gives it and it has not, the fewest holders first, and reports what it has', () => {
  const [a = '', b = '', c = '', d = ''] = names('n1', true);
  const shards = [shard([chunk(a, ['n2']), chunk(b), chunk(c), chunk(d, ['n1'])])];
  const plan = planHolding({ self: 'n1', ring, placement, shards, files: new Set([c, d]) });
  expect(plan.downloads.map(({ object }) => object.name)).toEqual([b, a]);
  expect(plan.reports).toEqual([{ shard: 1, holds: [c], drops: [] }]);
});

it('asks to drop what the ring gives to others, also what is only on record, and leaves other nodes’ chunks alone', () => {
  const [a = '', b = '', c = ''] = names('n1', false);
  const shards = [shard([chunk(a, ['n1', 'n2']), chunk(b, ['n1']), chunk(c)])];
  const plan = planHolding({ self: 'n1', ring, placement, shards, files: new Set([a]) });
  expect(plan).toEqual({ downloads: [], reports: [{ shard: 1, holds: [], drops: [a, b] }], unknown: [] });
});

it('takes part from the handing over to the ring on, and names copies that no shard knows', () => {
  const [a = '', b = ''] = names('n1', true);
  const shards = [shard([], [generation(a), generation(b, { placement })])];
  const plan = planHolding({ self: 'n1', ring, placement, shards, files: new Set(['left-over']) });
  expect(plan.downloads.map(({ object }) => object.name)).toEqual([b]);
  expect(plan.unknown).toEqual(['left-over']);
});

it('counts chunks, copies that are on their way, and chunks with too few holders', () => {
  const name = names('n1', true)[0] ?? '';
  const wanted = place(ring, name, 2);
  expect(chunkTotals([shard([chunk(name, wanted)])], ring, placement)).toEqual({
    total: 1,
    underReplicated: 0,
    moving: 0,
  });
  expect(chunkTotals([shard([chunk(name, ['n1', 'gone'])])], ring, placement)).toEqual({
    total: 1,
    underReplicated: 1,
    moving: 1,
  });
});
