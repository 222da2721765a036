// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import { namespaces } from './keys.ts';
import { createdCodes, createLink, createLinks, dedup, deleteLink, kvPut, newLinkRows } from './testing/commands.ts';
import { retireOldest } from './testing/lifecycle.ts';
import { TestShard, testWindowMs } from './testing/test-shard.ts';

function rowsOf(shard: TestShard, ...of: readonly number[]): string[] {
  const rows = shard.memory.rows().filter(({ key }) => of.includes(key[0] ?? 0));
  return rows.map(({ key, value }) => `${toHex(key)} ${toHex(value)}`);
}

describe('creating links together', () => {
  it('leaves the very rows that the same links leave one by one', () => {
    const links = [
      { url: 'https://example.com/1', creatorId: 'ada' },
      { url: 'https://example.com/2', creatorId: 'böb', expiresAtMs: 5000 },
      { url: `https://example.com/${'3'.repeat(200)}`, creatorId: 'ada', expiresAtMs: 2 ** 40 },
    ];
    const codes = ['aaaa1111', 'bbbb2222', 'cccc3333'];
    const together = new TestShard();
    const result = together.apply(createLinks(codes, { rows: newLinkRows(links) }));
    const apart = new TestShard();
    apart.applyAll(...links.map((link, i) => createLink(codes[i] ?? '', { ...link, generated: true })));
    const all = [namespaces.link, namespaces.linkByCreator, namespaces.linkByExpiry];
    expect(rowsOf(together, ...all)).toHaveLength(8);
    expect(rowsOf(together, ...all)).toEqual(rowsOf(apart, ...all));
    expect(together.state.generations).toEqual(apart.state.generations);
    expect(together.state.revision).toBe(3);
    expect(createdCodes(result)).toEqual(codes);
    expect(result).toMatchObject({ created: { firstRevision: 1, createdAtMs: 1000, notCreated: [] } });
  });

  it('leaves out the rows whose code is taken by now, dead or alive, or was not found', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('alive111'), createLink('dead2222'), deleteLink('dead2222'));
    const [result, next] = shard.applyAll(
      createLinks(['alive111', 'free3333', undefined, 'dead2222', 'free3333', 'free4444']),
      createLinks(['free4444']),
    );
    expect(result).toMatchObject({
      kind: 'linksCreated',
      created: {
        firstRevision: 4,
        notCreated: [
          { row: 0, reason: 'redraw' },
          { row: 2, reason: 'exhausted' },
          { row: 3, reason: 'redraw' },
          { row: 4, reason: 'redraw' },
        ],
      },
    });
    expect(next).toMatchObject({ created: { notCreated: [{ row: 0, reason: 'redraw' }] } });
    expect(shard.read({ type: 'link', code: 'free4444' })).toMatchObject({ link: { revision: 5, createRevision: 5 } });
    expect(shard.state.revision).toBe(5);
  });

  it('sees a code in every generation', () => {
    const shard = new TestShard();
    shard.apply(createLinks(['aaaa1111']));
    shard.seal();
    expect(shard.apply(createLinks(['aaaa1111', 'bbbb2222']))).toMatchObject({
      created: { notCreated: [{ row: 0, reason: 'redraw' }] },
    });
  });

  it('does nothing when the leader has not seen the cold tier as it is', () => {
    const shard = new TestShard();
    shard.state.confState = { ...shard.state.confState, voters: [1, 2, 3] };
    shard.apply(createLinks(['aaaa1111']));
    shard.seal();
    retireOldest(shard);
    const { revision, chunkSetVersion } = shard.state;
    const memory = rowsOf(shard, namespaces.idempotency);
    const blind = createLinks(['bbbb2222']);
    for (const coldVersion of [undefined, 0]) {
      expect(shard.apply({ ...blind, coldVersion })).toEqual({ kind: 'lookAgain' });
    }
    expect(shard.state.revision).toBe(revision);
    expect(rowsOf(shard, namespaces.idempotency)).toEqual(memory);
    expect(createdCodes(shard.apply({ ...blind, coldVersion: chunkSetVersion }))).toEqual(['bbbb2222']);
  });
});

describe('a retry of links that were created together', () => {
  it('gets the first answer for every row, whatever was drawn for it and whatever has happened since', () => {
    const shard = new TestShard();
    shard.apply(createLink('taken111'));
    const first = createLinks(['aaaa1111', 'taken111', undefined, 'bbbb2222']);
    const answer = shard.apply(first);
    const { revision } = shard.state;
    shard.applyAll(deleteLink('aaaa1111'), kvPut('k', 'v'));
    shard.timeMs += testWindowMs;
    const again = createLinks(['cccc3333', 'dddd4444', 'eeee5555', 'ffff6666'], {
      dedup: first.dedup,
      rows: first.rows,
    });
    expect(shard.apply(again)).toEqual(answer);
    expect(shard.applyAll(again, first)).toEqual([answer, answer]);
    expect(shard.state.revision).toBe(revision + 2);
    for (const code of ['cccc3333', 'dddd4444', 'eeee5555', 'ffff6666'])
      expect(shard.read({ type: 'link', code })).toEqual({ kind: 'notFound' });
  });

  it('is refused when it asks for something else', () => {
    const shard = new TestShard();
    shard.apply(createLinks(['aaaa1111'], { dedup: dedup('key', 'one') }));
    const others = [
      createLinks(['bbbb2222'], { dedup: dedup('key', 'two') }),
      createLink('cccc3333', { dedup: dedup('key', 'two') }),
    ];
    for (const result of shard.applyAll(...others)) expect(result).toEqual({ kind: 'idempotencyMismatch' });
    expect(shard.state.revision).toBe(1);
  });

  it('costs one row of memory and one more look-up than there are links', () => {
    const shard = new TestShard();
    shard.apply(createLinks(['aaaa1111']));
    shard.memory.pointReads = 0;
    shard.apply(createLinks(['bbbb2222', 'cccc3333', 'dddd4444']));
    expect(shard.memory.pointReads).toBe(4);
    expect(rowsOf(shard, namespaces.idempotency)).toHaveLength(2);
  });
});
