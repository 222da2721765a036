// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { confirmedGarbage, garbageWait } from './garbage-plan.ts';
import { chunkName } from './object-names.ts';
import { standingsOf } from './object-standing.ts';
import type { FullLifecycle } from './object-standing.ts';
import { testChunk, testObject } from './testing/chunk-records.ts';
import type { GarbageRecord, GenerationRecord, GenerationState, MergeRecord } from './types.ts';

const clusterId = '00000000-0000-4000-8000-000000000001';
const name = (generation: number, index: number, attempt: number): string =>
  chunkName(clusterId, 7, { generation, index, term: 1 }, String(attempt).padStart(16, '0'));
const exported = { object: testObject(name(5, 50, 1)) } as GenerationRecord;
const garbage: GarbageRecord = { name: name(3, 30, 1), sizeBytes: 9, unlinkedVersion: 4, unlinkedAtMs: 1000 };
const merge: MergeRecord = {
  id: 60,
  term: 1,
  startedAtMs: 0,
  node: 'n1',
  inputs: [name(4, 40, 1)],
  result: {
    outputs: [{ object: testObject(name(4, 60, 1)), holders: [] }],
    dropped: { rows: 0, checksum: '00' },
    mergedAtMs: 0,
  },
};
const generation = (id: number, state: GenerationState) => ({ id, state, rows: 1, bytes: 1, startedAtMs: 0 });
const view: FullLifecycle = {
  lifecycleVersion: 1,
  chunkSetVersion: 4,
  timeMs: 5000,
  voters: [],
  votersOutgoing: [],
  generations: [generation(6, 'active'), generation(5, 'exported')],
  records: { generations: [exported], chunks: [testChunk(name(4, 40, 1), [4, 4])], garbage: [garbage], merge },
};

it('CL-I14: only an object that no entry can name any more is an orphan', () => {
  const standing = standingsOf({ clusterId, shard: 7 }, view);
  const standings: readonly [string, string][] = [
    [name(4, 40, 1), 'referenced'],
    [name(5, 50, 1), 'referenced'],
    [name(4, 60, 1), 'referenced'],
    [name(3, 30, 1), 'garbage'],
    // Another attempt at a generation that is still hot, or at the merge that is under way.
    [name(5, 50, 2), 'pending'],
    [name(6, 99, 1), 'pending'],
    [name(4, 60, 2), 'pending'],
    [name(4, 40, 2), 'orphan'],
    [name(4, 59, 1), 'orphan'],
    [name(4, 59, 1).replace('chunk', 'other'), 'foreign'],
    [chunkName(clusterId, 8, { generation: 1, index: 1, term: 1 }, '0'.repeat(16)), 'foreign'],
  ];
  expect(standings.map(([one]) => standing(one))).toEqual(standings.map(([, expected]) => expected));
});

it('CL-I13: garbage waits for its age, by shard time or by what this process has seen, and for the manifest', () => {
  const rule = { minAgeMs: 3000, knownForMs: () => 0, isPublished: () => true };
  expect(garbageWait(garbage, { timeMs: 3999 }, rule)).toBe('age');
  expect(garbageWait(garbage, { timeMs: 4000 }, rule)).toBeUndefined();
  expect(garbageWait(garbage, { timeMs: 1000 }, { ...rule, knownForMs: () => 3000 }), 'an idle shard').toBeUndefined();
  expect(garbageWait(garbage, { timeMs: 9000 }, { ...rule, isPublished: (version) => version >= 5 })).toBe('manifest');
  expect(garbageWait(garbage, { timeMs: 9000 }, { ...rule, isPublished: (version) => version >= 4 })).toBeUndefined();
});

it('CL-I13: what is to be deleted must still be garbage when a leader confirms it', () => {
  const { records } = view;
  expect(confirmedGarbage([garbage.name, 'forgotten meanwhile'], records)).toEqual([garbage.name]);
  const both = { ...records, chunks: [testChunk(garbage.name, [3, 3])] };
  expect(confirmedGarbage([garbage.name], both), 'a defect must not cost an object').toEqual([]);
});
