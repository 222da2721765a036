// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { namespaces } from './keys.ts';
import { createLink, deleteLink, linkOf, updateLink } from './testing/commands.ts';
import { TestShard } from './testing/test-shard.ts';

function rowsOf(shard: TestShard, namespace: number): number {
  return shard.memory.rows().filter(({ key }) => key[0] === namespace).length;
}

describe('creating a link', () => {
  it('gives the code to exactly one of a thousand creators', () => {
    const shard = new TestShard();
    const creates = Array.from({ length: 1000 }, (_, i) => createLink('promo', { creatorId: `creator ${i}` }));
    const results = shard.applyAll(...creates.slice(0, 600)).concat(shard.applyAll(...creates.slice(600)));
    expect(results.filter(({ kind }) => kind === 'link')).toHaveLength(1);
    expect(results.filter((result) => result.kind === 'taken' && !result.dead)).toHaveLength(999);
    expect(shard.read({ type: 'link', code: 'promo' })).toMatchObject({ link: { creatorId: 'creator 0' } });
    expect(shard.state.revision).toBe(1);
  });

  it('stamps the shard’s time and revision', () => {
    const shard = new TestShard();
    shard.apply(createLink('a'));
    shard.timeMs = 2000;
    expect(linkOf(shard.apply(createLink('b', { expiresAtMs: 9000 })))).toEqual({
      code: 'b',
      url: 'https://example.com/b',
      creatorId: 'ada',
      createdAtMs: 2000,
      updatedAtMs: 2000,
      expiresAtMs: 9000,
      disabled: false,
      createRevision: 2,
      revision: 2,
    });
  });

  it('keeps codes apart that differ in case only', () => {
    const shard = new TestShard();
    expect(shard.applyAll(createLink('Ab'), createLink('aB')).map(({ kind }) => kind)).toEqual(['link', 'link']);
  });

  it('answers each row of a batch by itself', () => {
    const shard = new TestShard();
    const results = shard.applyAll(
      createLink('a'),
      createLink('a'),
      createLink('b', { generated: true }),
      createLink('b'),
    );
    expect(results.map(({ kind }) => kind)).toEqual(['link', 'taken', 'link', 'taken']);
  });

  it('asks for another draw when a generated code is taken, and remembers nothing of it', () => {
    const shard = new TestShard();
    shard.apply(createLink('aaaa1111'));
    const before = shard.memory.rows().length;
    const draw = createLink('aaaa1111', { generated: true });
    expect(shard.apply(draw)).toEqual({ kind: 'redraw' });
    expect(shard.memory.rows()).toHaveLength(before);
    expect(shard.apply({ ...draw, code: 'bbbb2222' })).toMatchObject({ link: { code: 'bbbb2222' } });
  });

  it('never gives a deleted or expired code to somebody else', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('deleted'), createLink('expired', { expiresAtMs: 1500 }), deleteLink('deleted'));
    shard.timeMs = 1500;
    for (const code of ['deleted', 'expired']) {
      expect(shard.apply(createLink(code))).toEqual({ kind: 'taken', dead: true });
      expect(shard.apply(createLink(code, { generated: true, reuseDeadCodes: false }))).toEqual({ kind: 'redraw' });
    }
    shard.applyAll(...shard.findExpired(1500));
    shard.timeMs = 1_000_000;
    shard.seal();
    for (const code of ['deleted', 'expired']) {
      expect(shard.apply(createLink(code))).toEqual({ kind: 'taken', dead: true });
    }
  });

  it('gives a dead code away again where the policy says so, without the rows of the old link', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('deleted'), createLink('expired', { expiresAtMs: 1500 }), deleteLink('deleted'));
    shard.timeMs = 1500;
    for (const code of ['deleted', 'expired']) {
      const link = linkOf(shard.apply(createLink(code, { reuseDeadCodes: true, creatorId: 'bob' })));
      expect(shard.read({ type: 'link', code })).toEqual({ kind: 'link', link });
    }
    expect(shard.apply(createLink('expired', { reuseDeadCodes: true }))).toEqual({ kind: 'taken', dead: false });
    expect(rowsOf(shard, namespaces.linkByExpiry)).toBe(0);
    expect(rowsOf(shard, namespaces.linkByCreator)).toBe(2);
  });
});

describe('updating a link', () => {
  it('changes what it names and keeps the rest', () => {
    const shard = new TestShard();
    const created = linkOf(shard.apply(createLink('a', { expiresAtMs: 9000 })));
    shard.timeMs = 2000;
    const moved = linkOf(shard.apply(updateLink('a', { url: 'https://b/' })));
    expect(moved).toEqual({ ...created, url: 'https://b/', updatedAtMs: 2000, revision: 2 });
    const disabled = linkOf(shard.apply(updateLink('a', { disabled: true, expiresAtMs: null })));
    expect(disabled).toEqual({ ...moved, disabled: true, expiresAtMs: undefined, revision: 3 });
    expect(shard.read({ type: 'link', code: 'a' })).toEqual({ kind: 'link', link: disabled });
  });

  it('takes place only at the wanted revision', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('a'), updateLink('a'));
    expect(shard.apply(updateLink('a', { ifRevision: 1 }))).toEqual({ kind: 'revisionMismatch', actual: 2 });
    expect(shard.apply(updateLink('a', { ifRevision: 2 })).kind).toBe('link');
    expect(shard.state.revision).toBe(3);
  });

  it('moves the link in the index by expiry', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('a', { expiresAtMs: 1500 }), updateLink('a', { expiresAtMs: 3000 }));
    expect(shard.findExpired(2999)).toEqual([]);
    expect(shard.findExpired(3000)).toEqual([{ type: 'collectExpired', code: 'a', revision: 2, expiresAtMs: 3000 }]);
    shard.apply(updateLink('a', { expiresAtMs: null }));
    expect(rowsOf(shard, namespaces.linkByExpiry)).toBe(0);
  });

  it('of a dead or unknown code says which it is', () => {
    const shard = new TestShard();
    shard.applyAll(createLink('deleted'), createLink('expired', { expiresAtMs: 1500 }), deleteLink('deleted'));
    shard.timeMs = 1500;
    for (const change of [updateLink, deleteLink]) {
      expect(shard.apply(change('deleted'))).toEqual({ kind: 'gone', reason: 'deleted' });
      expect(shard.apply(change('expired'))).toEqual({ kind: 'gone', reason: 'expired' });
      expect(shard.apply(change('unknown'))).toEqual({ kind: 'notFound' });
    }
    expect(shard.state.revision).toBe(3);
  });
});

describe('deleting a link', () => {
  it('leaves a tombstone and no index row', () => {
    const shard = new TestShard();
    shard.apply(createLink('a', { expiresAtMs: 9000 }));
    expect(shard.apply(deleteLink('a', { ifRevision: 7 }))).toEqual({ kind: 'revisionMismatch', actual: 1 });
    expect(shard.apply(deleteLink('a', { ifRevision: 1 }))).toEqual({ kind: 'deleted', revision: 2 });
    expect(shard.read({ type: 'link', code: 'a' })).toEqual({ kind: 'gone', reason: 'deleted' });
    expect(rowsOf(shard, namespaces.link)).toBe(1);
    expect(rowsOf(shard, namespaces.linkByCreator) + rowsOf(shard, namespaces.linkByExpiry)).toBe(0);
  });
});

describe('collecting an expired link', () => {
  it('does nothing when the link has changed since it was found', () => {
    const shard = new TestShard();
    shard.apply(createLink('a', { expiresAtMs: 1500 }));
    const [found] = shard.findExpired(1500);
    if (found === undefined) throw new Error('nothing was found');
    shard.apply(updateLink('a', { expiresAtMs: 5000 }));
    shard.timeMs = 6000;
    expect(shard.apply(found)).toEqual({ kind: 'nothing' });
    expect(shard.apply({ ...found, revision: 2 })).toEqual({ kind: 'nothing' });
    expect(shard.apply({ ...found, expiresAtMs: 5000 })).toEqual({ kind: 'nothing' });
    expect(shard.apply({ ...found, revision: 2, expiresAtMs: 5000 })).toEqual({ kind: 'collected' });
    expect(shard.apply({ ...found, revision: 2, expiresAtMs: 5000 })).toEqual({ kind: 'nothing' });
  });

  it('does nothing while the shard’s time has not come, whatever the proposer’s clock said', () => {
    const shard = new TestShard();
    shard.apply(createLink('a', { expiresAtMs: 1500 }));
    shard.timeMs = 1499;
    expect(shard.applyAll(...shard.findExpired(1_000_000))).toEqual([{ kind: 'nothing' }]);
    expect(shard.read({ type: 'link', code: 'a' }).kind).toBe('link');
  });
});
