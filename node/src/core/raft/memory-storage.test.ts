// SPDX-License-Identifier: Apache-2.0

import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from './memory-storage.ts';
import { noLimit } from './types.ts';
import type { ConfState, Entry, Snapshot } from './types.ts';

const confState: ConfState = { voters: [1], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };

function entry(index: number, term: number): Entry {
  return { term, index, type: 'normal', data: new Uint8Array(0) };
}

function snapshot(index: number, term: number): Snapshot {
  return { metadata: { confState, index, term }, data: new Uint8Array(0) };
}

let storage: MemoryStorage;

beforeEach(() => {
  storage = new MemoryStorage();
  storage.applySnapshot(snapshot(3, 3));
  storage.append([entry(4, 4), entry(5, 5), entry(6, 6)]);
});

describe('storage in memory', () => {
  it('starts empty, before index 1', () => {
    const empty = new MemoryStorage();
    expect([empty.firstIndex(), empty.lastIndex(), empty.term(0)]).toEqual([1, 0, 0]);
    expect(empty.initialState().hardState).toBeUndefined();
  });

  it('still knows the term of the entry before the first one', () => {
    expect([2, 3, 4, 6, 7].map((index) => storage.term(index))).toEqual(['compacted', 3, 4, 6, 'unavailable']);
  });

  it('returns entries within a limit, but at least one', () => {
    expect(storage.entries(3, 5, noLimit)).toBe('compacted');
    expect(storage.entries(4, 8, noLimit)).toBe('unavailable');
    expect(storage.entries(4, 7, noLimit)).toEqual([entry(4, 4), entry(5, 5), entry(6, 6)]);
    expect(storage.entries(4, 7, 0)).toEqual([entry(4, 4)]);
    expect(storage.entries(4, 7, 8)).toEqual([entry(4, 4), entry(5, 5)]);
  });

  it('replaces entries from the first appended one on', () => {
    storage.append([entry(5, 9)]);
    expect(storage.entries(4, 6, noLimit)).toEqual([entry(4, 4), entry(5, 9)]);
    expect(storage.lastIndex()).toBe(5);
  });

  it('leaves out what is compacted, and refuses a gap', () => {
    storage.append([entry(2, 9), entry(3, 9), entry(4, 9)]);
    expect(storage.entries(4, 5, noLimit)).toEqual([entry(4, 9)]);
    expect(() => storage.append([entry(9, 9)])).toThrow('missing log entry');
  });

  it('does not change what it has returned', () => {
    const before = storage.entries(4, 7, noLimit);
    storage.append([entry(4, 9)]);
    expect(before).toEqual([entry(4, 4), entry(5, 5), entry(6, 6)]);
  });

  it('compacts once', () => {
    expect(storage.compact(5)).toBe('ok');
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(5)]).toEqual([6, 6, 5]);
    expect(storage.compact(5)).toBe('compacted');
    expect(() => storage.compact(7)).toThrow('out of bound');
  });

  it('takes newer snapshots only', () => {
    expect(storage.applySnapshot(snapshot(3, 3))).toBe('snapshotOutOfDate');
    expect(storage.createSnapshot(2, new Uint8Array(0))).toBe('snapshotOutOfDate');
    expect(storage.createSnapshot(5, Uint8Array.of(1))).toEqual({
      metadata: { confState, index: 5, term: 5 },
      data: Uint8Array.of(1),
    });
    expect(storage.firstIndex()).toBe(4);
    expect(storage.applySnapshot(snapshot(8, 8))).toBe('ok');
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(8)]).toEqual([9, 8, 8]);
  });
});
