// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { runsOf } from './chunk-set.ts';
import { planMergeWork } from './plan-merge-work.ts';
import type { MergeInput } from './plan-merge-work.ts';
import { testChunk, testObject } from './testing/chunk-records.ts';
import type { MergeRecord } from './types.ts';

const chunks = [1, 2, 3, 4].map((generation) => testChunk(`c${generation}`, [generation, generation]));
const record: MergeRecord = { id: 7, term: 1, startedAtMs: 1000, node: 'n1', inputs: ['c4', 'c3'], result: undefined };
const outputs = [{ object: testObject('o'), holders: ['n1', 'n3'] }];
const merged: MergeRecord = { ...record, result: { outputs, dropped: { rows: 0, checksum: '00' }, mergedAtMs: 2000 } };
const placement = { ringEpoch: 3, nodes: ['n1', 'n2', 'n3'], redundancy: 2 };

function plan(fields: Partial<MergeInput>) {
  return planMergeWork({
    self: 'n1',
    isLeader: true,
    chunkSetVersion: 9,
    runs: runsOf(chunks),
    merge: undefined,
    policy: { maxCandidates: 4, targetBytes: 1000 },
    placement,
    readers: ['n3', 'n1', 'n2'],
    verified: undefined,
    nowMs: 2000,
    ...fields,
  });
}

const later = { nowMs: 24 * 60 * 60_000 };
const abandon = { kind: 'propose', command: { type: 'mergeAbandoned', merge: 7 } };

describe('a merge', () => {
  it('is begun by the leader when a key has too many candidates', () => {
    const command = { type: 'merge', node: 'n1', inputs: ['c4', 'c3', 'c2', 'c1'], chunkSetVersion: 9 };
    expect(plan({})).toEqual({ kind: 'propose', command });
    expect(plan({ runs: runsOf(chunks.slice(1)) })).toBeUndefined();
    expect(plan({ isLeader: false })).toBeUndefined();
  });

  it('is done by the node that is on record, leader or not, also when it has forgotten that it began', () => {
    expect(plan({ merge: record, isLeader: false })).toEqual({ kind: 'merge', record });
    expect(plan({ merge: record, self: 'n2' })).toBeUndefined();
  });

  it('is given up by the leader when its node is no member any more, or has said nothing for very long', () => {
    const without = { ...placement, nodes: ['n2', 'n3'] };
    expect(plan({ merge: record, self: 'n2', placement: without })).toEqual(abandon);
    expect(plan({ merge: record, self: 'n2', ...later })).toEqual(abandon);
    expect(plan({ merge: record, self: 'n2', isLeader: false, ...later })).toBeUndefined();
  });

  it('is read again by one other node at a time, the next one when that says nothing', () => {
    const verify = { kind: 'verify', record: merged, result: merged.result };
    expect(plan({ merge: merged, self: 'n3', isLeader: false })).toEqual(verify);
    expect(plan({ merge: merged, self: 'n2' })).toBeUndefined();
    expect(plan({ merge: merged, self: 'n2', ...later })).toEqual(verify);
    expect(plan({ merge: merged, self: 'n1', ...later }), 'it has merged').toBeUndefined();
    expect(plan({ merge: merged, self: 'n4', readers: ['n1', 'n3'], ...later }), 'it is OUT').toBeUndefined();
    const alone = { placement: { ...placement, nodes: ['n1'] }, readers: ['n1'] };
    expect(plan({ merge: merged, self: 'n1', ...alone })).toEqual(verify);
  });

  it('takes effect by whoever has read it again, once there are copies', () => {
    const replace = { kind: 'propose', command: { type: 'replace', merge: 7, node: 'n3', placement } };
    expect(plan({ merge: merged, self: 'n3', verified: 7 })).toEqual(replace);
    expect(plan({ merge: merged, self: 'n3', verified: 6 })).toMatchObject({ kind: 'verify' });
    const few = { ...placement, nodes: ['n1', 'n2', 'n4'] };
    expect(plan({ merge: merged, self: 'n3', verified: 7, placement: few })).toBeUndefined();
  });
});
