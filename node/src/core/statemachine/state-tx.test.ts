// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import { StateTx } from './state-tx.ts';
import { MemoryState } from './testing/memory-state.ts';

const key = utf8('key');
const other = utf8('other');

function open(): { memory: MemoryState; tx: StateTx } {
  const memory = new MemoryState();
  memory.put(key, utf8('stored'));
  return { memory, tx: new StateTx(memory, { shard: 1, slot: 1 }) };
}

describe('a transaction', () => {
  it('reads the store through its own puts and deletes', () => {
    const { tx } = open();
    expect(tx.get(key)).toEqual(utf8('stored'));
    tx.put(key, utf8('new'));
    expect(tx.get(key)).toEqual(utf8('new'));
    tx.delete(key);
    expect(tx.get(key)).toBeUndefined();
  });

  it('hands over its writes in their order, and nothing that was only read', () => {
    const { memory, tx } = open();
    tx.get(key);
    tx.put(other, utf8('1'));
    tx.delete(key);
    tx.append(other, utf8('2'));
    tx.delete(other);
    tx.append(other, utf8('3'));
    expect(tx.writes.map(({ key: name, value }) => [name, value])).toEqual([
      [other, utf8('1')],
      [key, undefined],
      [other, utf8('2')],
      [other, undefined],
      [other, utf8('3')],
    ]);
    memory.commit(tx);
    expect(memory.rows()).toEqual([{ key: other, value: utf8('3') }]);
  });

  it('does not ask the store again for what it has prefetched, found or not', () => {
    const { memory, tx } = open();
    tx.prefetch([key, other, key]);
    expect(memory.pointReads).toBe(2);
    expect([tx.get(key), tx.get(other)]).toEqual([utf8('stored'), undefined]);
    tx.prefetch([key, other]);
    expect(memory.pointReads).toBe(2);
  });

  it('does not lose its writes to a later prefetch', () => {
    const { tx } = open();
    tx.put(key, utf8('new'));
    tx.prefetch([key]);
    expect(tx.get(key)).toEqual(utf8('new'));
    expect(tx.writes).toHaveLength(1);
  });
});
