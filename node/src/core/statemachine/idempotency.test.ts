// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { namespaces } from './keys.ts';
import { createLink, dedup, deleteLink, kvBatch, kvDelete, kvPut, operation, updateLink } from './testing/commands.ts';
import { TestShard, testWindowMs } from './testing/test-shard.ts';

function remembered(shard: TestShard): number {
  return shard.memory.rows().filter(({ key }) => key[0] === namespaces.idempotency).length;
}

describe('a retry within the window', () => {
  it('gets the first answer of every kind of mutation, without a second effect', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('taken'), createLink('changing'), createLink('going'), kvPut('k', 'v'), kvPut('d', 'v'));
    const commands = [
      createLink('custom', { expiresAtMs: 5000 }),
      createLink('taken'),
      updateLink('changing', { url: 'https://new/' }),
      updateLink('unknown'),
      deleteLink('going'),
      kvPut('k', 'w'),
      kvPut('k', 'w', { ifRevision: 99 }),
      kvDelete('d'),
      kvBatch(operation('x', '1'), operation('y', '2')),
      kvBatch(operation('x', '1', 77)),
    ];
    const first = shard.applyAll(...commands);
    const { revision } = shard.state;
    // Whatever happens in between must not shine through.
    shard.applyAll(updateLink('custom', { url: 'https://other/' }), deleteLink('changing'), kvPut('k', 'x'));
    shard.timeMs += testWindowMs;
    expect(shard.applyAll(...commands)).toEqual(first);
    expect(shard.state.revision).toBe(revision + 3);
  });

  it('gets the code that was drawn first', () => {
    const shard = new TestShard();
    const first = createLink('drawn1aa', { generated: true, dedup: dedup('one') });
    const answer = shard.apply(first);
    const again = { ...first, code: 'drawn2bb', dedup: dedup('one') };
    expect(shard.apply(again)).toEqual(answer);
    expect(shard.read({ type: 'link', code: 'drawn2bb' })).toEqual({ kind: 'notFound' });
  });

  it('gets it also within the same entry and the same batch of the store', () => {
    const shard = new TestShard();
    const create = createLink('once');
    const [first, second] = shard.applyAll(create, create);
    expect(second).toEqual(first);
    const next = shard.entry(create);
    expect(shard.applyEntries([next, { ...next, index: next.index + 1 }])).toEqual([first, first]);
    expect(shard.state.revision).toBe(1);
  });

  it('keeps a failure failed, though it would succeed by now', () => {
    const shard = new TestShard();
    shard.apply(kvPut('k', 'v'));
    const put = kvPut('k', 'w', { ifRevision: 0 });
    const failure = shard.apply(put);
    expect(failure.kind).toBe('revisionMismatch');
    shard.apply(kvDelete('k'));
    expect(shard.apply(put)).toEqual(failure);
  });

  it('is refused when it asks for something else', () => {
    const shard = new TestShard();
    shard.apply(createLink('a', { dedup: dedup('key', 'one') }));
    const other = createLink('b', { dedup: dedup('key', 'two') });
    expect(shard.apply(other)).toEqual({ kind: 'idempotencyMismatch' });
    expect(shard.apply(kvPut('b', 'v', { dedup: dedup('key', 'two') }))).toEqual({ kind: 'idempotencyMismatch' });
    expect(shard.apply(other)).toEqual({ kind: 'idempotencyMismatch' });
    expect(shard.read({ type: 'link', code: 'b' })).toEqual({ kind: 'notFound' });
  });

  it('is refused when only the fingerprint agrees', () => {
    const shard = new TestShard();
    shard.apply(createLink('a', { dedup: dedup('key') }));
    expect(shard.apply(kvPut('b', 'v', { dedup: dedup('key') }))).toEqual({ kind: 'idempotencyMismatch' });
    const drawn = createLink('b', { dedup: dedup('key'), generated: true });
    expect(shard.apply(drawn)).toEqual({ kind: 'idempotencyMismatch' });
  });

  it('is recognized in every generation', () => {
    const shard = new TestShard();
    const create = createLink('a');
    const first = shard.apply(create);
    shard.seal();
    expect(shard.apply(create)).toEqual(first);
  });
});

describe('the memory of a shard', () => {
  it('lasts for at least one window from every moment on, and ends under traffic', () => {
    for (let offsetMs = 0; offsetMs < testWindowMs; offsetMs += 500) {
      const shard = new TestShard();
      shard.apply(createLink('opens-the-epoch'));
      shard.timeMs += offsetMs;
      const create = createLink('a');
      const first = shard.apply(create);
      // Traffic in between turns the epochs over as early as can be.
      for (let stepMs = 500; stepMs <= testWindowMs; stepMs += 500) {
        shard.timeMs += 500;
        shard.apply(kvPut('traffic', `${stepMs}`));
        expect(shard.apply(create)).toEqual(first);
      }
      shard.timeMs += testWindowMs;
      shard.apply(kvPut('traffic', 'more'));
      shard.timeMs += testWindowMs;
      expect(shard.apply(create)).toEqual({ kind: 'taken', dead: false });
    }
  });

  it('stays bounded: old epochs go by one range, not row by row', () => {
    const shard = new TestShard();
    for (let i = 0; i < 200; i++) {
      shard.timeMs += testWindowMs / 10;
      shard.apply(kvPut('k', `${i}`));
      expect(shard.state.idempotencyEpochs.length).toBeLessThanOrEqual(2);
      expect(remembered(shard)).toBeLessThanOrEqual(20);
    }
  });

  it('makes up for a range delete that a crash has lost', () => {
    const shard = new TestShard();
    const range = shard.memory.deleteRange.bind(shard.memory);
    shard.memory.deleteRange = () => undefined;
    for (let i = 0; i < 50; i++) {
      shard.timeMs += testWindowMs / 10;
      shard.apply(kvPut('k', `${i}`));
    }
    expect(remembered(shard)).toBe(50);
    shard.memory.deleteRange = range;
    shard.timeMs += testWindowMs;
    shard.apply(kvPut('k', 'last'));
    expect(remembered(shard)).toBeLessThanOrEqual(20);
  });

  it('follows a change of the window from the next entry on', () => {
    const shard = new TestShard();
    const create = createLink('a');
    const first = shard.apply(create);
    shard.windowMs = testWindowMs * 100;
    shard.timeMs += testWindowMs * 99;
    expect(shard.apply(create)).toEqual(first);
    shard.windowMs = testWindowMs;
    expect(shard.apply(create)).toEqual(first);
    shard.timeMs += testWindowMs;
    expect(shard.apply(create).kind).toBe('taken');
  });

  it('costs a create three point reads at most', () => {
    const shard = new TestShard();
    shard.apply(createLink('a'));
    shard.timeMs += testWindowMs;
    shard.apply(createLink('b'));
    expect(shard.state.idempotencyEpochs).toHaveLength(2);
    shard.memory.pointReads = 0;
    shard.applyAll(createLink('c', { generated: true }), createLink('d', { expiresAtMs: 1_000_000 }));
    expect(shard.memory.pointReads).toBe(6);
  });
});
