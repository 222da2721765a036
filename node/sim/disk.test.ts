// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import type { KvEngine } from '../src/ports/kv-engine.ts';
import { StoreCorruptError, StoreFailedError } from '../src/ports/kv-engine.ts';
import type { Random } from '../src/ports/random.ts';
import { describeKvEngineContract } from '../src/ports/testing/kv-engine-contract.ts';
import type { FakeWrite } from './disk.ts';
import { FakeDisk, FakePlatter } from './disk.ts';

/** Always draws the same share of its bound. */
function fixedRandom(share: number): Random {
  return {
    bytes: (length) => new Uint8Array(length),
    int: (bound) => Math.min(bound - 1, Math.floor(share * bound)),
  };
}
const keepNothing = fixedRandom(0);
const keepAll = fixedRandom(1);

describeKvEngineContract('FakeDisk', async () => {
  const platter = new FakePlatter();
  return Promise.resolve({
    open: () => Promise.resolve(new FakeDisk(platter)),
    crashAndReopen: (engine) => {
      if (engine instanceof FakeDisk) engine.crash(keepNothing);
      return Promise.resolve(new FakeDisk(platter));
    },
    dispose: () => Promise.resolve(),
  });
});

function put(disk: KvEngine, key: string, sync = false): void {
  const batch = disk.batch();
  batch.put('state', utf8(key), utf8('v'));
  disk.write(batch, { sync });
}

const everything = { gte: new Uint8Array(0), lt: Uint8Array.of(255) };

function keys(disk: KvEngine): string[] {
  return disk.scan('state', everything, { limit: 100_000 }).map((row) => fromUtf8(row.key));
}

describe('FakeDisk at a crash', () => {
  it('keeps a prefix of the batches after the last sync, at every possible length', () => {
    const seen = new Set<string>();
    for (let survivors = 0; survivors <= 3; survivors++) {
      const platter = new FakePlatter();
      const disk = new FakeDisk(platter);
      put(disk, 'a', true);
      for (const key of ['b', 'c', 'd']) put(disk, key);
      expect(keys(disk)).toEqual(['a', 'b', 'c', 'd']);
      disk.crash({ ...keepNothing, int: () => survivors });
      seen.add(keys(new FakeDisk(platter)).join(''));
    }
    expect([...seen]).toEqual(['a', 'ab', 'abc', 'abcd']);
  });

  it('keeps a batch whole or not at all', () => {
    const platter = new FakePlatter();
    const disk = new FakeDisk(platter);
    const batch = disk.batch();
    for (const key of ['a', 'b', 'c']) batch.put('state', utf8(key), utf8('v'));
    disk.write(batch, { sync: false });
    expect(platter.unsyncedRecords).toBe(1);
    disk.crash(fixedRandom(0.49));
    expect(keys(new FakeDisk(platter))).toEqual([]);
  });

  it('loses a range delete after the last sync together with what followed it', () => {
    const platter = new FakePlatter();
    const first = new FakeDisk(platter);
    put(first, 'a', true);
    first.deleteRange('state', everything);
    put(first, 'b');
    expect(keys(first)).toEqual(['b']);
    first.crash({ ...keepNothing, int: () => 1 });
    const second = new FakeDisk(platter);
    expect(keys(second)).toEqual([]);
  });

  it('loses nothing that a later synchronous write has covered', () => {
    const platter = new FakePlatter();
    const disk = new FakeDisk(platter);
    put(disk, 'a');
    disk.deleteRange('state', everything);
    put(disk, 'b');
    put(disk, 'c', true);
    disk.crash(keepNothing);
    expect(keys(new FakeDisk(platter))).toEqual(['b', 'c']);
  });

  it('keeps what survived one crash through the next', () => {
    const platter = new FakePlatter();
    const first = new FakeDisk(platter);
    put(first, 'a');
    first.crash(keepAll);
    const second = new FakeDisk(platter);
    put(second, 'b');
    second.crash(keepNothing);
    expect(keys(new FakeDisk(platter))).toEqual(['a']);
  });

  it('refuses every call of the dead process', () => {
    const disk = new FakeDisk(new FakePlatter());
    const cursor = disk.cursor('state', everything);
    disk.crash(keepAll);
    expect(() => disk.get('state', utf8('a'))).toThrow(StoreFailedError);
    expect(() => disk.write(disk.batch(), { sync: true })).toThrow(StoreFailedError);
    expect(() => cursor.next(1)).toThrow(StoreFailedError);
  });
});

describe('FakeDisk when it fails', () => {
  it('fails one write and every call after it', () => {
    const disk = new FakeDisk(new FakePlatter());
    put(disk, 'a', true);
    disk.failNextWrite();
    expect(() => put(disk, 'b', true)).toThrow(StoreFailedError);
    expect(() => put(disk, 'c', true)).toThrow(StoreFailedError);
    expect(() => disk.get('state', utf8('a'))).toThrow(StoreFailedError);
  });

  it('leaves open whether the failed write is on disk', () => {
    const outcomes = [keepNothing, keepAll].map((random) => {
      const platter = new FakePlatter();
      const disk = new FakeDisk(platter);
      put(disk, 'a', true);
      disk.failNextWrite();
      expect(() => put(disk, 'b', true)).toThrow(StoreFailedError);
      disk.crash(random);
      return keys(new FakeDisk(platter)).join('');
    });
    expect(outcomes).toEqual(['a', 'ab']);
  });

  it('lets only one process use a platter at a time', async () => {
    const platter = new FakePlatter();
    const disk = new FakeDisk(platter);
    expect(() => new FakeDisk(platter)).toThrow(StoreFailedError);
    await disk.close();
    expect(keys(new FakeDisk(platter))).toEqual([]);
  });

  it('reports corruption at opening, never an empty store', () => {
    const platter = new FakePlatter();
    const disk = new FakeDisk(platter);
    put(disk, 'a', true);
    disk.crash(keepAll);
    platter.corrupt('a bit has flipped');
    expect(() => new FakeDisk(platter)).toThrow(StoreCorruptError);
  });
});

describe('FakeDisk otherwise', () => {
  it('tells its observer about each batch', () => {
    const writes: FakeWrite[] = [];
    const disk = new FakeDisk(new FakePlatter(), { onWrite: (write) => writes.push(write) });
    put(disk, 'ab', true);
    put(disk, 'c');
    expect(writes).toEqual([
      { sync: true, operations: 1, bytes: 3 },
      { sync: false, operations: 1, bytes: 2 },
    ]);
  });

  it('behaves as a plain sorted map under any sequence of writes, deletes, range deletes and crashes', () => {
    const key = fc.uint8Array({ minLength: 0, maxLength: 2 });
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ type: fc.constant('put' as const), key }) },
      { weight: 3, arbitrary: fc.record({ type: fc.constant('delete' as const), key }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('deleteRange' as const), key, other: key }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('reopen' as const) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1500, size: 'max' }), (steps) => {
        const platter = new FakePlatter();
        let disk = new FakeDisk(platter);
        let model: Uint8Array[] = [];
        for (const action of steps) {
          const batch = disk.batch();
          if (action.type === 'put') {
            batch.put('state', action.key, action.key);
            model = [...model.filter((k) => compareBytes(k, action.key) !== 0), action.key];
          } else if (action.type === 'delete') {
            batch.delete('state', action.key);
            model = model.filter((k) => compareBytes(k, action.key) !== 0);
          } else if (action.type === 'deleteRange') {
            disk.deleteRange('state', { gte: action.key, lt: action.other });
            model = model.filter((k) => compareBytes(k, action.key) < 0 || compareBytes(k, action.other) >= 0);
          } else {
            disk.crash(keepAll);
            disk = new FakeDisk(platter);
            continue;
          }
          disk.write(batch, { sync: false });
        }
        const lt = Uint8Array.of(255, 255, 255);
        const sorted = model.toSorted(compareBytes);
        const limit = sorted.length + 1;
        const all = { gte: new Uint8Array(0), lt };
        expect(disk.scan('state', all, { limit }).map((row) => row.key)).toEqual(sorted);
        const backwards = disk.scan('state', all, { limit, reverse: true });
        expect(backwards.map((row) => row.key)).toEqual(sorted.toReversed());
      }),
      { numRuns: 30 },
    );
  });
});
