// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import { beforeEach, expect, test } from 'vitest';
import { newCreateMany } from './create-many.ts';
import type { CreateMany, SingleCreate } from './create-many.ts';
import { newLinksService } from './links.ts';
import type { CreateOutcome } from './create-proposals.ts';
import { FakeShards, fakeDependencies } from './testing/fake-shards.ts';

const policy = {
  destinations: { schemes: new Set(['https']), ownHosts: new Set<string>() },
  codeLength: 8,
};
const options = { timeoutMs: 1000 };
const url = 'https://example.org/a';

let shards: FakeShards;
let createMany: CreateMany;

beforeEach(() => {
  shards = new FakeShards(['i']);
  createMany = newCreateMany(fakeDependencies(shards), policy);
});

function row(code: string | undefined, idempotencyKey?: string): SingleCreate {
  return { link: { url, code }, idempotencyKey };
}

/** Code or kind of the error, by row; fails when a row is settled twice. */
async function settled(rows: readonly SingleCreate[]): Promise<readonly string[]> {
  const outcomes: string[] = [];
  await createMany(rows, options, (index, outcome) => {
    expect(outcomes[index]).toBeUndefined();
    outcomes[index] = wordOf(outcome);
  });
  return outcomes;
}

function wordOf(outcome: CreateOutcome): string {
  return outcome.ok ? outcome.link.code : outcome.error.kind;
}

test('rows of one shard share a proposal, and each one has the outcome it would have alone', async () => {
  const rows = [row('a'), { link: { url: 'no' }, idempotencyKey: undefined }, row('b'), row('a'), row('z')];
  expect(await settled(rows)).toEqual(['a', 'invalid', 'b', 'conflict', 'z']);
  expect(shards.calls.map(({ shard, count }) => [shard, count])).toEqual([
    [1, 3],
    [2, 1],
  ]);
});

test('a key gives the first answer again, whether the create came alone or with others', async () => {
  const links = newLinksService(fakeDependencies(shards), policy);
  const first = await links.create({ url }, { ...options, idempotencyKey: 'k' });
  const other = { link: { url: 'https://example.org/b' }, idempotencyKey: 'k' };
  expect(await settled([row(undefined, 'k'), row(undefined, 'k'), other])).toEqual([
    first.code,
    first.code,
    'idempotencyMismatch',
  ]);
});

test('a failing shard fails its own rows only, and does not hold up the others', async () => {
  const gate = Promise.withResolvers<void>();
  const write = shards.write.bind(shards);
  shards.write = async (shard, commands, callOptions) => {
    if (shard === 1) await gate.promise;
    return write(shard, commands, callOptions);
  };
  shards.failures.set(1, new ServiceError('timeout', 'no quorum'));
  const outcomes: string[] = [];
  const done = createMany([row('a'), row('z'), row('b')], options, (index, outcome) => {
    outcomes[index] = wordOf(outcome);
    if (index === 1) gate.resolve();
  });
  await done;
  expect(outcomes).toEqual(['timeout', 'z', 'timeout']);
});

test('a proposal that is refused for one row is made again row by row', async () => {
  const write = shards.write.bind(shards);
  shards.write = async (shard, commands, callOptions) => {
    if (commands.some((command) => command.type === 'createLink' && command.code === 'bad')) {
      throw new ServiceError('invalid', 'command 1: not this one');
    }
    return write(shard, commands, callOptions);
  };
  expect(await settled([row('a'), row('bad'), row('c')])).toEqual(['a', 'invalid', 'c']);
});

test('lengths of generated codes do not share a proposal: one that is used up must not fail the others', async () => {
  const rows = Array.from({ length: 40 }, (_, i): SingleCreate => {
    const idempotencyKey = i < 20 ? `k${i}` : undefined;
    return i % 2 === 0 ? row(undefined, idempotencyKey) : { link: { url, codeLength: 20 }, idempotencyKey };
  });
  const codes = await settled(rows);
  expect(codes.map((code) => code.length)).toEqual(rows.map(({ link }) => link.codeLength ?? 8));
  // Twenty with keys of their own, for two shards each; the others are one command a length.
  expect(shards.calls.reduce((sum, { count }) => sum + count, 0)).toBe(22);
  expect(shards.calls).toHaveLength(6);
});

test('creates without keys are one command of at most 256 rows, each with an outcome of its own', async () => {
  const bad = { link: { url: 'no' }, idempotencyKey: undefined };
  const rows = [...Array.from({ length: 600 }, () => row(undefined)), bad];
  const codes = [...(await settled(rows))];
  expect(codes.pop()).toBe('invalid');
  expect(new Set(codes).size).toBe(600);
  expect(codes.every((code) => /^[0-9a-z]{8}$/.test(code))).toBe(true);
  expect(shards.calls.map(({ count }) => count)).toEqual([1, 1, 1]);
});

test('a proposal has at most 256 rows', async () => {
  const rows = Array.from({ length: 600 }, (_, i) => row(`a${i}`));
  expect(await settled(rows)).toEqual(rows.map(({ link }) => link.code));
  expect(shards.calls.map(({ count }) => count)).toEqual([256, 256, 88]);
});

test('before the cluster has formed every row is unavailable', async () => {
  shards.formed = false;
  expect(await settled([row('a'), row('b')])).toEqual(['unavailable', 'unavailable']);
});
