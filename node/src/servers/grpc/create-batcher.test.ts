// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from 'node:timers/promises';
import { ServiceError } from '@shortlink/common/errors.ts';
import { expect, test } from 'vitest';
import type { Link } from '../../core/statemachine/commands.ts';
import type { CreateMany } from '../../services/create-many.ts';
import { CreateBatcher } from './create-batcher.ts';
import type { Exchange } from './pipeline.ts';

const link: Link = {
  code: 'abc',
  url: 'https://example.org/',
  creatorId: 'me',
  createdAtMs: 1,
  updatedAtMs: 1,
  expiresAtMs: undefined,
  disabled: false,
  createRevision: 1,
  revision: 1,
};
const create = { link: { url: link.url }, idempotencyKey: 'k' };

class FakeExchange implements Exchange<string> {
  isCancelled = false;
  readonly timeoutMs: number;
  readonly ends: unknown[] = [];

  constructor(timeoutMs = 1000) {
    this.timeoutMs = timeoutMs;
  }

  succeed(outcome: string): void {
    this.ends.push(outcome);
  }

  fail(error: unknown): void {
    this.ends.push(error);
  }
}

function start(createMany: CreateMany) {
  const calls: Parameters<CreateMany>[] = [];
  const batcher = new CreateBatcher<string>(
    async (...call) => {
      calls.push(call);
      return createMany(...call);
    },
    ({ code }) => code,
  );
  return { calls, batcher };
}

test('the creates of a turn are handed on together, under the longest of their deadlines', async () => {
  const failure = new ServiceError('conflict', 'taken');
  const { calls, batcher } = start(async (_rows, _options, settle) => {
    settle(1, { ok: false, error: failure });
    settle(0, { ok: true, link });
  });
  const exchanges = [new FakeExchange(20), new FakeExchange(3000)];
  for (const exchange of exchanges) batcher.add(create, exchange);
  expect(calls).toEqual([]);
  await turn();
  expect(calls.map(([rows, options]) => [rows.length, options])).toEqual([[2, { timeoutMs: 3000 }]]);
  expect(exchanges.map(({ ends }) => ends)).toEqual([['abc'], [failure]]);
});

test('a create whose client has gone is not started', async () => {
  const { calls, batcher } = start(async (rows, _options, settle) => {
    for (const index of rows.keys()) settle(index, { ok: true, link });
  });
  const [gone, waiting] = [new FakeExchange(), new FakeExchange()];
  batcher.add(create, gone);
  batcher.add(create, waiting);
  gone.isCancelled = true;
  await turn();
  expect(calls.map(([rows]) => rows.length)).toEqual([1]);
  expect([gone.ends, waiting.ends]).toEqual([[], ['abc']]);
  const last = new FakeExchange();
  batcher.add(create, last);
  last.isCancelled = true;
  await turn();
  expect(calls).toHaveLength(1);
});

test('a defect is the answer to every create of the turn, and the next turn works', async () => {
  const defect = new TypeError('oops');
  let isBroken = true;
  const { batcher } = start(async (_rows, _options, settle) => {
    if (isBroken) throw defect;
    settle(0, { ok: true, link });
  });
  const [first, second] = [new FakeExchange(), new FakeExchange()];
  batcher.add(create, first);
  await turn();
  isBroken = false;
  batcher.add(create, second);
  await turn();
  expect([first.ends, second.ends]).toEqual([[defect], ['abc']]);
});
