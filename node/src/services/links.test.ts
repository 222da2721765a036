// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import type { CommandResult, CreateLinks } from '../core/statemachine/commands.ts';
import { ownHostSet } from './destination.ts';
import { newLinksService } from './links.ts';
import type { LinksService } from './links.ts';
import { FakeShards, fakeDependencies } from './testing/fake-shards.ts';

const policy = {
  destinations: { schemes: new Set(['http', 'https']), ownHosts: ownHostSet(['go.example.com']) },
  codeLength: 8,
};
const options = { timeoutMs: 1000 };
const query = { timeoutMs: 1000, consistency: 'linearizable' } as const;
const url = 'https://example.org/a';

let shards: FakeShards;
let links: LinksService;

beforeEach(() => {
  shards = new FakeShards(['9', 'i']);
  links = newLinksService(fakeDependencies(shards), policy);
});

async function kindOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.field === undefined ? error.kind : `${error.kind} ${error.field}`;
  }
}

/** Nothing was created. */
function taken({ count, codeLength }: CreateLinks, reason: 'redraw' | 'exhausted' = 'redraw'): CommandResult {
  const notCreated = Array.from({ length: count }, (_, row) => ({ row, reason }));
  const codes = new Uint8Array(count * codeLength).fill(0x61);
  return { kind: 'linksCreated', created: { codes, codeLength, createdAtMs: 1, firstRevision: 1, notCreated } };
}

describe('create', () => {
  test('a generated code has the asked length and can be read at once', async () => {
    const link = await links.create({ url: 'HTTPS://Example.org/a', codeLength: 12 }, options);
    expect(link.code).toMatch(/^[0-9a-z]{12}$/);
    expect(link).toMatchObject({ url, creatorId: 'anonymous', expiresAtMs: undefined, disabled: false });
    expect(await links.get(link.code, query)).toEqual(link);
  });

  test('a custom code is given once, and never again after its deletion', async () => {
    await links.create({ url, code: 'Team/Page' }, options);
    expect(await kindOf(links.create({ url, code: 'Team/Page' }, options))).toBe('conflict code');
    await links.delete('Team/Page', options);
    expect(await kindOf(links.create({ url, code: 'Team/Page' }, options))).toBe('conflict code');
    expect(await kindOf(links.get('Team/Page', query))).toBe('gone');
  });

  test.each([
    [{ url: 'ftp://example.org' }, 'invalid url'],
    [{ url: 'https://go.example.com/x' }, 'invalid url'],
    [{ url, code: '' }, 'invalid code'],
    [{ url, code: 'a//b' }, 'invalid code'],
    [{ url, code: 'a/../b' }, 'invalid code'],
    [{ url, code: 'ü' }, 'invalid code'],
    [{ url, code: 'a'.repeat(256) }, 'invalid code'],
    [{ url, codeLength: 3 }, 'invalid codeLength'],
    [{ url, codeLength: 8.5 }, 'invalid codeLength'],
    [{ url, code: 'abc', codeLength: 8 }, 'invalid codeLength'],
    [{ url, expiresAtMs: 1 }, 'invalid expiresAt'],
    [{ url, expiresAtMs: 1e15 }, 'invalid expiresAt'],
    [{ url, creatorId: '' }, 'invalid creatorId'],
    [{ url, creatorId: 'a\nb' }, 'invalid creatorId'],
    [{ url, creatorId: 'ü'.repeat(65) }, 'invalid creatorId'],
  ])('%j is %s, and nothing is proposed', async (link, expected) => {
    expect(await kindOf(links.create(link, options))).toBe(expected);
    expect(shards.calls).toEqual([]);
  });

  test('before the cluster has formed it is unavailable', async () => {
    shards.formed = false;
    expect(await kindOf(links.create({ url }, options))).toBe('unavailable');
  });

  test('an exhausted code space ends after a bounded number of proposals', async () => {
    expect(await kindOf(links.create({ url, codeLength: 8 }, options))).toBe('ok');
    const keys = new Set<string>();
    let calls = 0;
    shards.write = async (_shard, commands) => {
      calls += 1;
      return commands.map((command): CommandResult => {
        if (command.type !== 'createLinks') return { kind: 'redraw' };
        keys.add(toHex(command.dedup.key));
        return taken(command);
      });
    };
    expect(await kindOf(links.create({ url }, options))).toBe('unavailable');
    expect(calls).toBe(9);
    // The shard remembers that the first try of a minted key has created nothing.
    expect(keys.size).toBe(9);
    expect(await kindOf(links.create({ url }, { ...options, idempotencyKey: 'mine' }))).toBe('unavailable');
    expect(calls).toBe(18);
  });

  test('codes that are used up are the fault of who asks for so short ones', async () => {
    shards.write = async (_shard, commands) =>
      commands.map((command): CommandResult => {
        if (command.type !== 'createLinks') throw new Error('a minted key goes with all links together');
        return taken(command, 'exhausted');
      });
    expect(await kindOf(links.create({ url, codeLength: 4 }, options))).toBe('invalid');
  });
});

describe('idempotency', () => {
  const withKey = { ...options, idempotencyKey: 'order-17' };

  test('the same request gives the same link, also for a generated code', async () => {
    const first = await links.create({ url }, withKey);
    expect(await links.create({ url }, withKey)).toEqual(first);
    expect((await links.create({ url }, { ...options, idempotencyKey: 'order-18' })).code).not.toBe(first.code);
  });

  test('another request under the same key is refused', async () => {
    await links.create({ url, code: 'one' }, withKey);
    expect(await kindOf(links.create({ url: 'https://example.org/b', code: 'one' }, withKey))).toBe(
      'idempotencyMismatch idempotencyKey',
    );
  });

  test('rows of one batch are told apart, and a repeated batch changes nothing', async () => {
    const rows = [{ url }, { url }, { url, code: 'mine' }];
    const first = await links.createBatch(rows, withKey);
    const codes = first.map((outcome) => (outcome.ok ? outcome.link.code : ''));
    expect(new Set(codes).size).toBe(3);
    expect(await links.createBatch(rows, withKey)).toEqual(first);
  });

  test('two deletes under one key are one, under two keys the second finds nothing', async () => {
    await links.create({ url, code: 'x1' }, options);
    const revision = await links.delete('x1', withKey);
    expect(await links.delete('x1', withKey)).toBe(revision);
    expect(await kindOf(links.delete('x1', options))).toBe('gone');
  });

  test('a key that is empty or too long is refused', async () => {
    expect(await kindOf(links.create({ url }, { ...options, idempotencyKey: '' }))).toBe('invalid idempotencyKey');
    const long = { ...options, idempotencyKey: 'k'.repeat(256) };
    expect(await kindOf(links.create({ url }, long))).toBe('invalid idempotencyKey');
  });
});

describe('batch', () => {
  test('there is one proposal per shard, and the results are in the order of the rows', async () => {
    const rows = [
      { url, code: 'zz' },
      { url, code: '1a' },
      { url: 'nonsense' },
      { url, code: 'zz' },
      { url, code: 'bb' },
      { url, code: 'z2' },
    ];
    const outcomes = await links.createBatch(rows, options);
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.link.code : outcome.error.kind))).toEqual([
      'zz',
      '1a',
      'invalid',
      'conflict',
      'bb',
      'z2',
    ]);
    expect(shards.calls.map(({ shard, count }) => [shard, count]).sort()).toEqual([
      [1, 1],
      [2, 1],
      [3, 3],
    ]);
  });

  test('a shard without a leader fails its own rows only', async () => {
    shards.failures.set(3, new ServiceError('unavailable', 'no leader'));
    const outcomes = await links.createBatch(
      [
        { url, code: 'zz' },
        { url, code: '1a' },
      ],
      options,
    );
    expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.kind))).toEqual(['unavailable', 'ok']);
  });

  test('1,000 rows of the longest URLs are split so that each proposal fits', async () => {
    const long = `https://example.org/${'a'.repeat(8100)}`;
    const rows = Array.from({ length: 1000 }, (_, i) => ({ url: long, code: `z${i}` }));
    const outcomes = await links.createBatch(rows, options);
    expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    expect(shards.calls.length).toBeGreaterThan(1);
    expect(Math.max(...shards.calls.map(({ count }) => count)) * 8120).toBeLessThan(4 * 1024 * 1024);
  });

  test('rows without codes and keys are one command, and each has a link of its own', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ url: `https://example.org/${i}`, creatorId: `c${i % 3}` }));
    const outcomes = await links.createBatch(rows, options);
    expect(shards.calls.map(({ count }) => count)).toEqual([1]);
    const created = outcomes.map((outcome) => (outcome.ok ? outcome.link : undefined));
    expect(created.map((link) => link?.url)).toEqual(rows.map((row) => row.url));
    expect(new Set(created.map((link) => link?.code)).size).toBe(1000);
    for (const i of [0, 499, 999]) expect(await links.get(created[i]?.code ?? '', query)).toEqual(created[i]);
  });

  test('only the rows whose code was taken meanwhile are proposed again', async () => {
    const write = shards.write.bind(shards);
    const counts: number[] = [];
    shards.write = async (shard, commands, callOptions) => {
      const results = await write(shard, commands, callOptions);
      return results.map((result, i): CommandResult => {
        const command = commands[i];
        if (command?.type !== 'createLinks' || result.kind !== 'linksCreated') return result;
        counts.push(command.count);
        // Every second row lost its code to another proposal.
        if (command.count === 1) return result;
        const { created } = result;
        const lost = Array.from({ length: command.count }, (_, row) => row).filter((row) => row % 2 === 1);
        return {
          kind: 'linksCreated',
          created: { ...created, notCreated: lost.map((row) => ({ row, reason: 'redraw' })) },
        };
      });
    };
    const rows = Array.from({ length: 4 }, (_, i) => ({ url: `https://example.org/${i}` }));
    const outcomes = await links.createBatch(rows, options);
    expect(counts).toEqual([4, 2, 1]);
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.link.url : outcome.error.kind))).toEqual(
      rows.map((row) => row.url),
    );
    const revisions = outcomes.map((outcome) => (outcome.ok ? outcome.link.revision : 0));
    expect([revisions[0], revisions[2]]).toEqual([1, 2]);
  });

  test('none and 1,001 rows are refused', async () => {
    expect(await kindOf(links.createBatch([], options))).toBe('invalid links');
    expect(
      await kindOf(
        links.createBatch(
          Array.from({ length: 1001 }, () => ({ url })),
          options,
        ),
      ),
    ).toBe('invalid links');
  });
});

describe('update and delete', () => {
  test('changes what is given and nothing else', async () => {
    const created = await links.create({ url, code: 'u1', expiresAtMs: shards.nowMs + 60_000 }, options);
    const disabled = await links.update('u1', { disabled: true }, options);
    expect(disabled).toMatchObject({ url, disabled: true, expiresAtMs: created.expiresAtMs });
    expect(disabled.revision).toBeGreaterThan(created.revision);
    const forever = await links.update('u1', { expiresAtMs: null, url: 'https://example.org/b' }, options);
    expect(forever).toMatchObject({ url: 'https://example.org/b', disabled: true, expiresAtMs: undefined });
  });

  test('a revision that has changed stops an update and a delete', async () => {
    const { revision } = await links.create({ url, code: 'u2' }, options);
    await links.update('u2', { disabled: true, ifRevision: revision }, options);
    expect(await kindOf(links.update('u2', { disabled: false, ifRevision: revision }, options))).toBe(
      'preconditionFailed ifRevision',
    );
    expect(await kindOf(links.delete('u2', { ...options, ifRevision: revision }))).toBe(
      'preconditionFailed ifRevision',
    );
  });

  test('an unknown code, an impossible one and an empty change have their own errors', async () => {
    expect(await kindOf(links.update('none', { disabled: true }, options))).toBe('notFound');
    expect(await kindOf(links.get('no such code', query))).toBe('notFound');
    expect(await kindOf(links.delete('none', options))).toBe('notFound');
    expect(await kindOf(links.update('none', {}, options))).toBe('invalid');
    expect(await kindOf(links.update('none', { url: 'mailto:a@b' }, options))).toBe('invalid url');
  });

  test('an expired link is gone', async () => {
    await links.create({ url, code: 'e1', expiresAtMs: shards.nowMs + 1000 }, options);
    shards.nowMs += 1000;
    expect(await kindOf(links.get('e1', query))).toBe('gone');
    expect(await kindOf(links.update('e1', { disabled: true }, options))).toBe('gone');
  });
});

describe('list', () => {
  async function listAll(limit: number): Promise<string[]> {
    const codes: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await links.list({ creatorId: 'me', limit, cursor }, query);
      expect(page.links.length).toBeLessThanOrEqual(limit);
      codes.push(...page.links.map((link) => link.code));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return codes;
  }

  async function createSome(count: number): Promise<string[]> {
    const codes: string[] = [];
    for (let i = 0; i < count; i++) {
      const code = `${'1bz'[i % 3] ?? ''}${i}`;
      shards.nowMs += i % 2;
      await links.create({ url, code, creatorId: i % 5 === 4 ? 'other' : 'me' }, options);
      if (i % 5 !== 4) codes.push(code);
    }
    return codes;
  }

  test.each([1, 7, 40, 1000])('pages of %i give every link of the creator once, in one order', async (limit) => {
    const created = await createSome(100);
    const listed = await listAll(limit);
    expect([...listed].sort()).toEqual([...created].sort());
    expect(listed).toEqual(await listAll(1000));
  });

  test('deleted links are left out, and a page of nothing but them does not end the list', async () => {
    const created = await createSome(90);
    for (const code of created.slice(0, 60)) await links.delete(code, options);
    expect((await listAll(3)).sort()).toEqual(created.slice(60).sort());
  });

  test('a link that is created between two pages does not shift the others', async () => {
    await createSome(30);
    const before = await listAll(1000);
    const first = await links.list({ creatorId: 'me', limit: 10 }, query);
    shards.nowMs += 1;
    await links.create({ url, code: '0new', creatorId: 'me' }, options);
    const rest = await links.list({ creatorId: 'me', limit: 1000, cursor: first.cursor }, query);
    expect([...first.links, ...rest.links].map((link) => link.code)).toEqual([...before, '0new']);
  });

  test('a limit out of range and a foreign cursor are refused', async () => {
    await createSome(30);
    const { cursor } = await links.list({ creatorId: 'me', limit: 1 }, query);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(await kindOf(links.list({ creatorId: 'other', limit: 1, cursor }, query))).toBe('invalid cursor');
    for (const bad of ['', '!', 'AA', `${cursor}A`, 'AQ']) {
      expect(await kindOf(links.list({ creatorId: 'me', limit: 1, cursor: bad }, query))).toBe('invalid cursor');
    }
    expect(await kindOf(links.list({ creatorId: 'me', limit: 1001 }, query))).toBe('invalid limit');
    expect(await kindOf(links.list({ creatorId: 'me', limit: 0 }, query))).toBe('invalid limit');
  });
});
