// SPDX-License-Identifier: Apache-2.0
import { InvariantError } from '@shortlink/common/assert.ts';
import { describe, expect, it } from 'vitest';
import { advanceApplied, applyEntry } from './apply.ts';
import { StateTx } from './state-tx.ts';
import { newestStateHash } from './state-hash-marks.ts';
import { createLink, createLinks, kvPut, newLinkRows } from './testing/commands.ts';
import { TestShard } from './testing/test-shard.ts';

describe('applying an entry', () => {
  it('of a leader’s no-op moves the applied index and nothing else', () => {
    const shard = new TestShard();
    shard.apply(createLink('a'));
    const before = structuredClone(shard.state);
    const rows = shard.memory.rows().length;
    expect(shard.applyEntries([{ index: 2, term: 4, data: new Uint8Array(0) }])).toEqual([]);
    expect(shard.state).toEqual({ ...before, appliedIndex: 2, appliedTerm: 4 });
    expect(shard.memory.rows()).toHaveLength(rows);
  });

  it('never lets the shard’s time fall', () => {
    const shard = new TestShard();
    shard.timeMs = 5000;
    shard.apply(kvPut('k', '1'));
    shard.timeMs = 1000;
    shard.apply(createLink('a'));
    expect(shard.state.timeMs).toBe(5000);
    expect(shard.read({ type: 'link', code: 'a' })).toMatchObject({ link: { createdAtMs: 5000 } });
  });

  it('stops the replica when it is not the next one', () => {
    const shard = new TestShard();
    const entry = shard.entry(kvPut('k', '1'));
    for (const index of [0, 2]) {
      expect(() => shard.applyEntries([{ ...entry, index }])).toThrow(InvariantError);
    }
    shard.applyEntries([entry]);
    expect(() => shard.applyEntries([entry])).toThrow(InvariantError);
    expect(() => shard.applyEntries([{ ...entry, index: 2, term: 0 }])).toThrow(InvariantError);
  });

  it('stops the replica when it cannot be read: it must not guess', () => {
    const shard = new TestShard();
    const { data } = shard.entry(kvPut('k', '1'));
    const laterVersion = Uint8Array.of(0xee, ...data.subarray(1));
    for (const broken of [
      laterVersion,
      data.subarray(0, -1),
      Uint8Array.of(...data, 0),
      Uint8Array.of(2, 1, 1, 1, 99),
    ]) {
      expect(() => shard.applyEntries([{ index: 1, term: 1, data: broken }])).toThrow(InvariantError);
    }
    expect(shard.memory.rows()).toHaveLength(0);
  });

  it.each([25, 23])('stops the replica when its links are not what they say: a URL of 24 bytes says %i', (length) => {
    const shard = new TestShard();
    const url = 'https://example.com/last';
    const { data } = shard.entry(createLinks(['aaaa1111'], { rows: newLinkRows([{ url, creatorId: 'ada' }]) }));
    const broken = Uint8Array.from(data);
    const at = Buffer.from(data).indexOf(url) - 1;
    expect(broken[at]).toBe(24);
    broken[at] = length;
    expect(() => shard.applyEntries([{ index: 1, term: 1, data: broken }])).toThrow(InvariantError);
    expect(shard.memory.rows()).toHaveLength(0);
  });
});

describe('the check of the state hash', () => {
  function shardAt(index: number): TestShard {
    const shard = new TestShard();
    while (shard.state.appliedIndex < index) shard.apply(kvPut('k', `${shard.state.appliedIndex}`));
    return shard;
  }

  it('compares with what the replica remembers of that index', () => {
    const shard = shardAt(130);
    const mark = newestStateHash(shard.memory, shard.scope, shard.state.appliedIndex);
    if (mark === undefined) throw new Error('there is no mark');
    expect(mark.index).toBe(128);
    const check = { type: 'stateHashCheck', ...mark } as const;
    const different = { ...check, hash: '0123456789abcdef' };
    const forgotten = { ...check, index: 192 };
    const between = { ...check, index: 129 };
    const verdicts = shard.applyAll(check, different, forgotten, between);
    expect(verdicts).toEqual(
      ['equal', 'different', 'unknown', 'unknown'].map((verdict) => ({ kind: 'stateHash', verdict })),
    );
  });

  it('does not change the state hash', () => {
    const shard = shardAt(64);
    const before = shard.state.stateHash;
    shard.apply({ type: 'stateHashCheck', index: 64, hash: before });
    expect(shard.state.stateHash).toBe(before);
  });

  it('remembers the last 64 marks, also of no-ops and changes of the configuration', () => {
    const shard = new TestShard();
    const tx = new StateTx(shard.memory, shard.scope);
    for (let index = 1; index <= 65 * 64; index++) {
      if (index % 2 === 0) advanceApplied(shard.state, { index, term: 1 }, tx);
      else applyEntry(shard.state, { index, term: 1, data: new Uint8Array(0) }, tx);
    }
    shard.memory.commit(tx);
    const verdict = (index: number) => shard.apply({ type: 'stateHashCheck', index, hash: shard.state.stateHash });
    expect(verdict(64)).toEqual({ kind: 'stateHash', verdict: 'unknown' });
    expect(verdict(128)).toEqual({ kind: 'stateHash', verdict: 'equal' });
    expect(verdict(65 * 64)).toEqual({ kind: 'stateHash', verdict: 'equal' });
  });

  it('is not possible before the first mark', () => {
    const shard = shardAt(63);
    expect(newestStateHash(shard.memory, shard.scope, shard.state.appliedIndex)).toBeUndefined();
    expect(shard.apply({ type: 'stateHashCheck', index: 0, hash: shard.state.stateHash })).toEqual({
      kind: 'stateHash',
      verdict: 'unknown',
    });
  });
});
