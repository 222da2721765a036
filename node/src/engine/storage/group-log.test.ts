// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../core/raft/types.ts';
import { emptyConfState } from '../../core/statemachine/shard-state.ts';
import type { KvEngine, WriteBatch } from '../../ports/kv-engine.ts';
import { FakeDisk, FakePlatter } from '../../../sim/disk.ts';
import { GroupLog } from './group-log.ts';

const replica = { shard: 1, replicaId: 7 };

function open(store: KvEngine, appliedIndex = 0): GroupLog {
  return new GroupLog(store, replica, {
    appliedIndex,
    confState: () => emptyConfState,
    snapshot: () => 'snapshotTemporarilyUnavailable',
  });
}

function entries(from: number, to: number, term: number): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({
    term,
    index: from + i,
    type: 'normal',
    data: new Uint8Array(3),
  }));
}

function write(store: KvEngine, fill: (batch: WriteBatch) => void): void {
  const batch = store.batch();
  fill(batch);
  store.write(batch, { sync: true });
}

describe('the log of a replica', () => {
  it('that started over behind a snapshot does not find its old tail after a restart', () => {
    const store = new FakeDisk(new FakePlatter());
    const log = open(store);
    write(store, (batch) => log.append(entries(1, 10, 2), batch));
    write(store, (batch) => log.reset({ index: 6, term: 3 }, batch));
    expect(log.lastIndex()).toBe(6);
    expect(open(store).lastIndex()).toBe(6);
    expect(open(store).term(6)).toBe(3);
  });

  it('keeps what was appended behind the snapshot in the same batch', () => {
    const store = new FakeDisk(new FakePlatter());
    const log = open(store);
    write(store, (batch) => log.append(entries(1, 10, 2), batch));
    write(store, (batch) => {
      log.reset({ index: 6, term: 3 }, batch);
      log.append(entries(7, 8, 3), batch);
    });
    const reopened = open(store);
    expect(reopened.lastIndex()).toBe(8);
    expect(reopened.entries(7, 9, 1_000)).toEqual(entries(7, 8, 3));
  });

  it('takes what was applied as committed, when the crash came before the hard state that says so', () => {
    const store = new FakeDisk(new FakePlatter());
    write(store, (batch) => open(store).putHardState({ term: 2, vote: 7, commit: 3 }, batch));
    expect(open(store, 5).initialState().hardState).toEqual({ term: 2, vote: 7, commit: 5 });
    expect(open(store, 2).initialState().hardState).toEqual({ term: 2, vote: 7, commit: 3 });
  });
});
