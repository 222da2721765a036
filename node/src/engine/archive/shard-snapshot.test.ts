// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { FakeDisk, FakePlatter } from '../../../sim/disk.ts';
import { generationKey, linkSuffix, namespaces, shardStateKey } from '../../core/statemachine/keys.ts';
import { encodeShardState, initialShardState } from '../../core/statemachine/shard-state.ts';
import type { Cursor, KvReader } from '../../ports/kv-engine.ts';
import { ShardSnapshot } from './shard-snapshot.ts';

const scope = { shard: 1, slot: 1 };
const keyOf = (generation: number, code: string): Uint8Array =>
  generationKey(namespaces.link, scope, generation, linkSuffix(code));

/** Counts how often a cursor is moved. */
function counted(reader: KvReader): { readonly reader: KvReader; readonly seeks: Uint8Array[] } {
  const seeks: Uint8Array[] = [];
  const cursor: KvReader['cursor'] = (column, range) => {
    const inner = reader.cursor(column, range);
    const outer: Cursor = {
      next: (limit) => inner.next(limit),
      seek: (key) => {
        seeks.push(key);
        inner.seek(key);
      },
      close: () => inner.close(),
    };
    return outer;
  };
  const get: KvReader['get'] = (column, key) => reader.get(column, key);
  return { reader: { ...reader, get, cursor }, seeks };
}

it('finds many keys, and looks once for all that lie between two rows', () => {
  const disk = new FakeDisk(new FakePlatter());
  const batch = disk.batch();
  batch.put('state', shardStateKey(scope), encodeShardState(initialShardState()));
  for (const code of ['b', 'd']) batch.put('state', keyOf(1, code), linkSuffix(code));
  batch.put('state', keyOf(2, 'c'), linkSuffix('c'));
  disk.write(batch, { sync: true });
  const { reader, seeks } = counted(disk);
  const snapshot = ShardSnapshot.open(reader, scope);
  seeks.length = 0;
  const codes = ['e', 'd', 'c', 'b', 'a', ...Array.from({ length: 500 }, (_, i) => `x${i}`)];
  const keys = codes.flatMap((code) => [keyOf(2, code), keyOf(1, code)]);
  const values = snapshot?.getMany(keys) ?? [];
  const found = keys.flatMap((key, i) => (values[i] === undefined ? [] : [[key, values[i]]]));
  expect(found).toEqual([
    [keyOf(1, 'd'), linkSuffix('d')],
    [keyOf(2, 'c'), linkSuffix('c')],
    [keyOf(1, 'b'), linkSuffix('b')],
  ]);
  expect(seeks.length).toBeLessThan(10);
  snapshot?.close();
});
