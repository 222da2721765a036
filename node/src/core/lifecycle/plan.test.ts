// SPDX-License-Identifier: Apache-2.0
import { chunkFormat } from './testing/chunk-format.ts';
import { describe, expect, it } from 'vitest';
import { planLifecycle } from './plan.ts';
import type { LifecycleWork, PlanInput } from './plan.ts';
import { waitingGenerationsMax } from './transitions.ts';
import type { ChunkObject, GenerationRecord, GenerationState } from './types.ts';
import type { GenerationSummary } from './view.ts';

const digest = 'a'.repeat(64);
const object = { name: 'o1', contentDigest: digest } as ChunkObject;
const placement = { ringEpoch: 3, nodes: ['n1', 'n2'], redundancy: 2 };
const votes = [1, 2, 3].map((replica) => ({ replica, digest }));

function record(fields: Partial<GenerationRecord> = {}): GenerationRecord {
  return {
    id: 1,
    sealedIndex: 9,
    sealedTerm: 1,
    sealedAtMs: 0,
    format: chunkFormat,
    votes,
    object: undefined,
    readback: undefined,
    placement: undefined,
    holders: [],
    ...fields,
  };
}

function generation(id: number, state: GenerationState, fields: Partial<GenerationSummary> = {}): GenerationSummary {
  return { id, state, rows: 5, bytes: 100, startedAtMs: 1000, ...fields };
}

function input(records: readonly GenerationRecord[], fields: Partial<PlanInput> = {}): PlanInput {
  return {
    view: {
      lifecycleVersion: 1,
      chunkSetVersion: 4,
      timeMs: 1000,
      voters: [1, 2, 3],
      votersOutgoing: [],
      generations: [generation(9, 'active'), ...records.toReversed().map(({ id }) => generation(id, 'sealed'))],
      records: undefined,
    },
    records,
    isLeader: true,
    replica: 1,
    policy: { sealAfterBytes: 1000, sealAfterMs: 60_000, format: chunkFormat },
    placement,
    nowMs: 2000,
    activeForMs: 0,
    ...fields,
  };
}

const names = (work: readonly LifecycleWork[]): string[] =>
  work.map((one) => (one.kind === 'propose' ? one.command.type : one.kind));

it('seals by age although shard time is ahead of its clock, once it has known the rows for so long', () => {
  const base = input([]);
  const ahead = { ...base, view: { ...base.view, generations: [generation(9, 'active', { startedAtMs: 3_600_000 })] } };
  expect(names(planLifecycle({ ...ahead, activeForMs: 59_999 }))).toEqual([]);
  expect(names(planLifecycle({ ...ahead, activeForMs: 60_000 }))).toEqual(['upload']);
});

describe('a leader', () => {
  it('takes a generation through its steps, one after the other', () => {
    const exported = { object };
    const read = { ...exported, readback: digest };
    const placed = { ...read, placement };
    const steps: readonly [Partial<GenerationRecord>, string[]][] = [
      [{}, ['export']],
      [exported, ['readback']],
      [read, ['redistribute']],
      [placed, []],
      [{ ...placed, holders: ['n1', 'n2'] }, ['retire']],
      [{ ...placed, holders: ['n1', 'n2'], votes: votes.slice(0, 1) }, []],
      [{ ...placed, placement: { ...placement, ringEpoch: 2 } }, ['redistribute']],
    ];
    for (const [fields, expected] of steps) expect(names(planLifecycle(input([record(fields)])))).toEqual(expected);
  });

  it('exports again, from rows that a quorum vouches for, when the object holds other ones', () => {
    const other = { object, readback: digest, placement, holders: ['n1', 'n2'] };
    const disagreeing = votes.map(({ replica }) => ({ replica, digest: 'b'.repeat(64) }));
    expect(names(planLifecycle(input([record({ ...other, votes: disagreeing })])))).toEqual(['export']);
    const divided = disagreeing.map((vote) => (vote.replica === 1 ? vote : { ...vote, digest }));
    expect(names(planLifecycle(input([record({ ...other, votes: divided })]))), 'this replica differs').toEqual([
      'retire',
    ]);
  });

  it('retires the oldest generation only, and names the chunk set that it saw', () => {
    const ready = { object, readback: digest, placement, holders: ['n1', 'n2'] };
    const work = planLifecycle(input([record(ready), record({ ...ready, id: 2 })]));
    expect(work).toEqual([
      { kind: 'propose', command: { type: 'retire', generation: 1, object: 'o1', chunkSetVersion: 4 } },
    ]);
  });

  it('seals by size and by age, never an empty generation, and not while too many wait', () => {
    const sealing = (active: Partial<GenerationSummary>, waiting = 0): string[] => {
      const base = input([]);
      const older = Array.from({ length: waiting }, (_, i) => generation(i + 1, 'sealed'));
      const generations = [generation(99, 'active', active), ...older.toReversed()];
      return names(planLifecycle({ ...base, view: { ...base.view, generations } }));
    };
    expect(sealing({})).toEqual([]);
    expect(sealing({ bytes: 1000 })).toEqual(['upload']);
    expect(sealing({ startedAtMs: 2000 - 60_000 })).toEqual(['upload']);
    expect(sealing({ rows: 0, bytes: 5000, startedAtMs: 0 })).toEqual([]);
    expect(sealing({ bytes: 1000 }, waitingGenerationsMax)).toEqual([]);
  });
});

it('a replica votes once about each generation, and does nothing else', () => {
  const others = votes.filter(({ replica }) => replica !== 1);
  const follower = { isLeader: false };
  expect(names(planLifecycle(input([record({ votes: others })], follower)))).toEqual(['digest']);
  expect(names(planLifecycle(input([record()], follower)))).toEqual([]);
  expect(names(planLifecycle(input([record({ votes: others })], { ...follower, replica: undefined })))).toEqual([]);
});
