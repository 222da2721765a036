// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Merge, Merged, Replace } from './merge-events.ts';
import { mergedChunks, mergedProblem, mergeProblem, replaceProblem } from './merge-rules.ts';
import { isBalanced } from './row-balance.ts';
import { testChunk, testObject } from './testing/chunk-records.ts';
import type { MergeRecord, MergeResult } from './types.ts';

const old = testChunk('old', [1, 1], [0x10, 0x30]);
const young = testChunk('young', [2, 2], [0x20, 0x40]);
const newest = testChunk('newest', [3, 3], [0x10, 0x40]);
const inputs = [young, old];
const names = inputs.map(({ object }) => object.name);

const pending: MergeRecord = { id: 7, term: 2, startedAtMs: 0, node: 'n1', inputs: names, result: undefined };
const placement = { ringEpoch: 1, nodes: ['n1', 'n2', 'n3'], redundancy: 2 };

describe('MERGE', () => {
  const merge: Merge = { type: 'merge', node: 'n1', inputs: names, chunkSetVersion: 5 };
  const around = { pending: undefined, chunkSetVersion: 5, chunks: [old, young, newest] };

  it('begins with members of the set that the proposer saw, one merge at a time', () => {
    expect(mergeProblem(merge, around)).toBeUndefined();
    expect(mergeProblem(merge, { ...around, chunkSetVersion: 6 })).toBe('moved');
    expect(mergeProblem({ ...merge, inputs: ['old', 'gone'] }, around)).toBe('moved');
    expect(mergeProblem(merge, { ...around, pending })).toBe('late');
    expect(mergeProblem({ ...merge, node: 'n2' }, { ...around, pending })).toBe('busy');
    expect(mergeProblem({ ...merge, inputs: ['old'] }, { ...around, pending })).toBe('busy');
  });

  it('CL-I9: takes no chunks between which others lie, in generations and keys', () => {
    expect(mergeProblem({ ...merge, inputs: ['newest', 'old'] }, around)).toBe('notContiguous');
    expect(mergeProblem({ ...merge, inputs: ['old'] }, around)).toBeUndefined();
    const apart = { ...around, chunks: [old, newest, testChunk('young', [2, 2], [0x50, 0x60])] };
    expect(mergeProblem({ ...merge, inputs: ['newest', 'old'] }, apart)).toBeUndefined();
  });
});

describe('MERGED', () => {
  const output = (name: string, first: number, last: number, checksum: string, rows: number) =>
    testObject(name, { firstKey: Uint8Array.of(first), lastKey: Uint8Array.of(last), checksum, rows });
  const merged: Merged = {
    type: 'merged',
    merge: 7,
    outputs: [output('o1', 0x10, 0x20, '03', 3), output('o2', 0x21, 0x40, '04', 4)],
    dropped: { rows: 3, checksum: '03' },
  };

  it('is taken once, for the merge that it names, while all inputs are members', () => {
    expect(mergedProblem(merged, pending, inputs)).toBeUndefined();
    expect(mergedProblem(merged, undefined, [])).toBe('late');
    expect(mergedProblem({ ...merged, merge: 8 }, pending, inputs)).toBe('late');
    const result: MergeResult = { outputs: [], dropped: merged.dropped, mergedAtMs: 0 };
    expect(mergedProblem(merged, { ...pending, result }, inputs)).toBe('late');
    expect(mergedProblem(merged, pending, [young, undefined])).toBe('moved');
  });

  it('has outputs in the order of keys, apart from each other, and none beyond the inputs', () => {
    const withOutputs = (...outputs: Merged['outputs']): Merged => ({ ...merged, outputs });
    const [a, b] = merged.outputs;
    if (a === undefined || b === undefined) throw new Error('no outputs');
    expect(mergedProblem(withOutputs(b, a), pending, inputs)).toBe('outOfRange');
    expect(mergedProblem(withOutputs(a, { ...b, firstKey: a.lastKey }), pending, inputs)).toBe('outOfRange');
    expect(mergedProblem(withOutputs(a, { ...b, lastKey: Uint8Array.of(0x41) }), pending, inputs)).toBe('outOfRange');
    expect(mergedProblem(withOutputs({ ...a, firstKey: Uint8Array.of(0x0f) }, b), pending, inputs)).toBe('outOfRange');
  });

  it('balances, or nothing comes of it', () => {
    const lost: Merged = { ...merged, outputs: merged.outputs.slice(0, 1) };
    expect(mergedProblem(lost, pending, inputs)).toBe('unbalanced');
    expect(mergedProblem({ ...merged, dropped: { rows: 3, checksum: '04' } }, pending, inputs)).toBe('unbalanced');
    expect(mergedProblem({ ...merged, dropped: { rows: 2, checksum: '03' } }, pending, inputs)).toBe('unbalanced');
  });

  it('may have no outputs, when all rows were tombstones with nothing left to hide', () => {
    const empty: Merged = { ...merged, outputs: [], dropped: { rows: 10, checksum: '0a' } };
    expect(mergedProblem(empty, pending, inputs)).toBeUndefined();
  });
});

describe('REPLACE', () => {
  const output = testObject('o1', { checksum: '0a', rows: 10 });
  const result = {
    outputs: [{ object: output, holders: ['n1', 'n3'] }],
    dropped: { rows: 0, checksum: '00' },
    mergedAtMs: 0,
  };
  const done: MergeRecord = { ...pending, result };
  const replace: Replace = { type: 'replace', merge: 7, node: 'n2', placement };

  it('CL-I10: asks for another node, for copies, and for the balance', () => {
    expect(replaceProblem(replace, done, inputs)).toBeUndefined();
    expect(replaceProblem(replace, undefined, [])).toBe('late');
    expect(replaceProblem({ ...replace, merge: 6 }, done, inputs)).toBe('late');
    expect(replaceProblem(replace, pending, inputs)).toBe('early');
    expect(replaceProblem(replace, done, [old, undefined])).toBe('moved');
    expect(replaceProblem({ ...replace, node: 'n1' }, done, inputs)).toBe('sameNode');
    const alone = { ...placement, nodes: ['n1'] };
    expect(replaceProblem({ ...replace, node: 'n1', placement: alone }, done, inputs), 'alone').toBeUndefined();
    const without = { ...placement, nodes: ['n1', 'n2'] };
    expect(replaceProblem({ ...replace, placement: without }, done, inputs), 'n3 is OUT').toBe('tooFewHolders');
    const dropped = { rows: 0, checksum: '01' };
    expect(replaceProblem(replace, { ...done, result: { ...result, dropped } }, inputs)).toBe('unbalanced');
  });

  it('gives the outputs the generations of all inputs, and one level more; a chunk that is written anew keeps its own', () => {
    const deep = { ...old, level: 2 };
    expect(mergedChunks([young, deep], result.outputs, 9)).toEqual([
      { object: output, firstGeneration: 1, lastGeneration: 2, level: 3, addedVersion: 9, holders: ['n1', 'n3'] },
    ]);
    expect(mergedChunks([deep], result.outputs, 9)).toMatchObject([
      { firstGeneration: 1, lastGeneration: 1, level: 2 },
    ]);
  });
});

it('checksums are sums modulo 2^256', () => {
  const count = (checksum: string) => ({ rows: 1, checksum });
  const all = 'f'.repeat(64);
  expect(isBalanced([count(all), count('02')], [count('01')], count('00'))).toBe(true);
  expect(isBalanced([count(all), count('02')], [count('02')], count('00'))).toBe(false);
  expect(isBalanced([count('02')], [count('02')], count('00')), 'rows').toBe(false);
});
