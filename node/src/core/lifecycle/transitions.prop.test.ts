// SPDX-License-Identifier: Apache-2.0
import { chunkFormat } from './testing/chunk-format.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from './events.ts';
import { decodeGenerationRecord, encodeGenerationRecord } from './records-codec.ts';
import { stepActive, stepSealed } from './transitions.ts';
import type { LifecycleFacts } from './transitions.ts';
import type { ChunkObject, GenerationRecord, GenerationState } from './types.ts';

const digests = ['a'.repeat(64), 'b'.repeat(64)];
const digest = fc.constantFrom(...digests);
const name = fc.constantFrom('o1', 'o2', 'o3');
const node = fc.constantFrom('n1', 'n2', 'n3', 'n4');
const generation = fc.constant(1);

const firstObject: ChunkObject = {
  name: 'o1',
  sizeBytes: 10,
  tailBytes: 5,
  contentDigest: 'a'.repeat(64),
  checksum: '00',
  rows: 1,
  firstKey: Uint8Array.of(1),
  lastKey: Uint8Array.of(2),
  minRevision: 1,
  maxRevision: 2,
};

const object: fc.Arbitrary<ChunkObject> = fc
  .tuple(name, digest)
  .map(([named, contentDigest]) => ({ ...firstObject, name: named, contentDigest }));

const event: fc.Arbitrary<GenerationEvent> = fc.oneof(
  fc.record({
    type: fc.constant('upload' as const),
    generation,
    format: fc.constant(chunkFormat),
  }),
  fc.record({ type: fc.constant('digest' as const), generation, replica: fc.integer({ min: 1, max: 4 }), digest }),
  fc.record({
    type: fc.constant('exported' as const),
    generation,
    object,
    replaces: fc.option(name, { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('readback' as const),
    generation,
    object: name,
    digest: fc.option(digest, { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('redistribute' as const),
    generation,
    object: name,
    placement: fc.record({
      ringEpoch: fc.integer({ min: 1, max: 4 }),
      nodes: fc.uniqueArray(node, { minLength: 1, maxLength: 4 }),
      redundancy: fc.integer({ min: 1, max: 3 }),
    }),
  }),
  fc.record({ type: fc.constant('holding' as const), generation, object: name, node }),
  fc.record({
    type: fc.constant('retire' as const),
    generation,
    object: name,
    chunkSetVersion: fc.constantFrom(7, 7, 7, 8),
  }),
);

interface Life {
  state: GenerationState | 'retired';
  record: GenerationRecord | undefined;
}

const facts: LifecycleFacts = {
  index: 5,
  term: 2,
  timeMs: 1000,
  rows: 3,
  waiting: 0,
  isOldest: true,
  chunkSetVersion: 7,
  voters: [1, 2, 3],
  votersOutgoing: [],
};

function step(life: Life, next: GenerationEvent) {
  if (life.state === 'retired') return undefined;
  if (life.state === 'active') return stepActive(next, facts);
  if (life.record === undefined) throw new Error('a sealed generation without a record');
  return stepSealed(life.state, life.record, next, facts);
}

/** Mostly what healthy nodes would propose next, or RETIRE would hardly ever be reached; else anything. */
const history = fc.array(fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 8 }) }, { weight: 1, arbitrary: event }), {
  minLength: 10,
  maxLength: 60,
});

function eventOf(life: Life, next: number | GenerationEvent): GenerationEvent {
  if (typeof next === 'object') return next;
  if (life.record === undefined) return { type: 'upload', generation: 1, format: chunkFormat };
  const exported = life.record.object;
  if (exported === undefined) return { type: 'exported', generation: 1, object: firstObject, replaces: undefined };
  const common = { generation: 1, object: exported.name };
  const helpful: readonly GenerationEvent[] = [
    ...[1, 2, 3].map((replica) => ({
      type: 'digest' as const,
      generation: 1,
      replica,
      digest: exported.contentDigest,
    })),
    { type: 'readback', ...common, digest: exported.contentDigest },
    {
      type: 'redistribute',
      ...common,
      placement: { ringEpoch: 1, nodes: ['n1', 'n2', 'n3'], redundancy: 2 },
    },
    { type: 'holding', ...common, node: 'n1' },
    { type: 'holding', ...common, node: 'n2' },
    { type: 'retire', ...common, chunkSetVersion: 7 },
    { type: 'retire', ...common, chunkSetVersion: 7 },
  ];
  const chosen = helpful[next];
  if (chosen === undefined) throw new Error('the arbitrary and the list differ');
  return chosen;
}

describe('whatever entries come in whatever order', () => {
  it('CL-I4: RETIRE has behind it the votes, the read-back and the holders that it needs', () => {
    let retirements = 0;
    fc.assert(
      fc.property(history, (events) => {
        const life: Life = { state: 'active', record: undefined };
        for (const drawn of events) {
          const outcome = step(life, eventOf(life, drawn));
          if (outcome?.kind !== 'moved') continue;
          life.state = outcome.to;
          life.record = decodeGenerationRecord(encodeGenerationRecord(outcome.record));
          expect(life.record).toEqual(outcome.record);
          if (outcome.to !== 'retired') continue;
          retirements++;
          const { votes, readback, object: exported, holders, placement } = outcome.record;
          expect(readback).toBe(exported?.contentDigest);
          expect(votes.filter((vote) => vote.digest === readback && vote.replica <= 3).length).toBeGreaterThanOrEqual(
            2,
          );
          const eligible = holders.filter((holder) => placement?.nodes.includes(holder));
          const wanted = Math.min(placement?.redundancy ?? 9, placement?.nodes.length ?? 9);
          expect(new Set(eligible).size).toBeGreaterThanOrEqual(wanted);
        }
      }),
      { numRuns: 3000 },
    );
    expect(retirements).toBeGreaterThan(100);
  });

  it('CL-I2 and CL-I3: an entry that comes twice does nothing the second time, and names what it gives up', () => {
    fc.assert(
      fc.property(history, (events) => {
        const life: Life = { state: 'active', record: undefined };
        for (const drawn of events) {
          const next = eventOf(life, drawn);
          const before = life.record?.object?.name;
          const outcome = step(life, next);
          if (outcome?.kind !== 'moved') continue;
          life.state = outcome.to;
          life.record = outcome.record;
          const after = outcome.record.object?.name;
          expect(outcome.discarded?.name).toBe(before !== undefined && before !== after ? before : undefined);
          const again = step(life, next);
          expect(again?.kind ?? 'ignored').toBe('ignored');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
