// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import { namespaces } from './keys.ts';
import type { KvRow } from './reads.ts';
import { kvBatch, kvDelete, kvPut, operation } from './testing/commands.ts';
import { newGeneration } from './shard-state.ts';
import { TestShard } from './testing/test-shard.ts';

function get(shard: TestShard, key: string): KvRow | undefined {
  const result = shard.read({ type: 'kvGet', key: utf8(key) });
  return result.kind === 'kv' ? result.row : undefined;
}

function kvRows(shard: TestShard): number {
  return shard.memory.rows().filter(({ key }) => key[0] === namespaces.kv).length;
}

describe('a key', () => {
  it('keeps its create revision and counts its versions until it is deleted', () => {
    const shard = new TestShard();
    expect(shard.apply(kvPut('k', 'one'))).toEqual({ kind: 'kv', revision: 1, existed: false });
    expect(shard.apply(kvPut('k', 'two'))).toEqual({ kind: 'kv', revision: 2, existed: true });
    expect(get(shard, 'k')).toEqual({ key: utf8('k'), value: utf8('two'), createRevision: 1, revision: 2, version: 2 });
    expect(shard.apply(kvDelete('k'))).toEqual({ kind: 'kv', revision: 3, existed: true });
    expect(get(shard, 'k')).toBeUndefined();
    expect(shard.apply(kvDelete('k'))).toEqual({ kind: 'kv', revision: 3, existed: false });
    shard.apply(kvPut('k', 'three'));
    expect(get(shard, 'k')).toMatchObject({ createRevision: 4, revision: 4, version: 1 });
  });

  it('is put and deleted only at the wanted revision, where 0 means absent', () => {
    const shard = new TestShard();
    expect(shard.apply(kvPut('k', 'v', { ifRevision: 1 }))).toEqual({ kind: 'revisionMismatch', actual: 0 });
    expect(shard.apply(kvPut('k', 'v', { ifRevision: 0 })).kind).toBe('kv');
    expect(shard.apply(kvPut('k', 'w', { ifRevision: 0 }))).toEqual({ kind: 'revisionMismatch', actual: 1 });
    expect(shard.apply(kvDelete('k', { ifRevision: 2 }))).toEqual({ kind: 'revisionMismatch', actual: 1 });
    expect(get(shard, 'k')?.value).toEqual(utf8('v'));
    expect(shard.apply(kvDelete('k', { ifRevision: 1 })).kind).toBe('kv');
    expect(shard.apply(kvPut('k', 'w', { ifRevision: 0 })).kind).toBe('kv');
  });

  it('leaves a tombstone only when something older could hold it', () => {
    const shard = new TestShard();
    shard.applyAll(kvPut('a', '1'), kvPut('b', '2'), kvDelete('a'));
    expect(kvRows(shard)).toBe(1);
    shard.seal();
    expect(get(shard, 'b')?.value).toEqual(utf8('2'));
    shard.apply(kvDelete('b'));
    expect(kvRows(shard)).toBe(2);
    expect(get(shard, 'b')).toBeUndefined();
    expect(shard.apply(kvPut('b', '3', { ifRevision: 0 })).kind).toBe('kv');
    expect(get(shard, 'b')).toMatchObject({ value: utf8('3'), version: 1 });
    shard.apply(kvDelete('b'));
    shard.state.generations = [newGeneration(2)];
    shard.state.chunkSetVersion = 1;
    shard.applyAll(kvPut('c', '4', { cold: { version: 1, prior: undefined } }), kvDelete('c'));
    expect(kvRows(shard)).toBe(3);
  });
});

describe('a batch of operations', () => {
  it('takes effect under one revision', () => {
    const shard = new TestShard();
    shard.applyAll(kvPut('a', '1'), kvPut('b', '2'));
    const batch = kvBatch(operation('a', '3', 1), operation('b', undefined), operation('c', '4', 0));
    expect(shard.apply(batch)).toEqual({ kind: 'kvBatch', revision: 3 });
    expect(get(shard, 'a')).toMatchObject({ value: utf8('3'), revision: 3, version: 2 });
    expect(get(shard, 'b')).toBeUndefined();
    expect(get(shard, 'c')).toMatchObject({ value: utf8('4'), revision: 3, version: 1 });
  });

  it('has no effect at all when one condition fails, wherever it stands', () => {
    const shard = new TestShard();
    shard.apply(kvPut('a', '1'));
    const rows = shard.memory.rows().filter(({ key }) => key[0] === namespaces.kv);
    const batch = kvBatch(operation('b', '2'), operation('a', undefined), operation('a', '3', 9));
    expect(shard.apply(batch)).toEqual({ kind: 'kvBatchMismatch', operation: 2, actual: 1 });
    expect(shard.memory.rows().filter(({ key }) => key[0] === namespaces.kv)).toEqual(rows);
    expect(shard.state.revision).toBe(1);
  });

  it('judges every condition before its own effects, and the last operation on a key wins', () => {
    const shard = new TestShard();
    expect(shard.apply(kvBatch(operation('a', '1', 0), operation('a', '2', 0))).kind).toBe('kvBatch');
    expect(get(shard, 'a')?.value).toEqual(utf8('2'));
    expect(shard.apply(kvBatch(operation('a', '3', 1), operation('a', undefined))).kind).toBe('kvBatch');
    expect(get(shard, 'a')).toBeUndefined();
  });

  it('that deletes nothing keeps the revision', () => {
    const shard = new TestShard();
    shard.apply(kvPut('a', '1'));
    expect(shard.apply(kvBatch(operation('x', undefined)))).toEqual({ kind: 'kvBatch', revision: 1 });
  });
});
