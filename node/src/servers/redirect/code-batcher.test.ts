// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Resolution } from '../../services/redirect.ts';
import { CodeBatcher } from './code-batcher.ts';

interface Call {
  readonly codes: readonly string[];
  readonly answer: () => void;
}

/** A batcher over a resolver that answers when the test says so. */
function batcher(groupOf: (code: string) => number = () => 0) {
  const calls: Call[] = [];
  const events: string[] = [];
  const resolve = async (codes: readonly string[]): Promise<readonly Resolution[]> => {
    events.push(`call ${codes.join('')}`);
    return new Promise((done) => {
      calls.push({ codes, answer: () => done(codes.map(() => ({ kind: 'notFound' }))) });
    });
  };
  const made = new CodeBatcher(
    {
      resolver: { groupOf, resolve },
      maxInFlight: 2,
      maxWaiting: 5,
      onBatch: () => {},
      onError: (error) => expect.fail(String(error)),
    },
    () => events.push('written'),
  );
  const add = (codes: string): boolean[] =>
    [...codes].map((code) => made.add(code, () => events.push(`answer ${code}`)));
  const answer = async (i: number): Promise<void> => {
    calls[i]?.answer();
    await nextTurn();
  };
  const asked = (): string[] => calls.map(({ codes }) => codes.join(''));
  return { add, answer, asked, events };
}

test('the codes of one turn are one call', async () => {
  const { add, asked } = batcher();
  add('ab');
  expect(asked()).toEqual([]);
  await nextTurn();
  expect(asked()).toEqual(['ab']);
});

test('a second call waits until as many codes wait as the first one has, and a third until one is done', async () => {
  const { add, answer, asked } = batcher();
  add('abc');
  await nextTurn();
  add('d');
  await nextTurn();
  add('e');
  await nextTurn();
  expect(asked()).toEqual(['abc']);
  add('f');
  await nextTurn();
  expect(asked()).toEqual(['abc', 'def']);
  add('ghij');
  await nextTurn();
  expect(asked()).toEqual(['abc', 'def']);
  await answer(1);
  expect(asked()).toEqual(['abc', 'def', 'ghij']);
});

test('whatever waits is asked for once nothing is on its way', async () => {
  const { add, answer, asked } = batcher();
  add('abc');
  await nextTurn();
  add('d');
  await nextTurn();
  await answer(0);
  expect(asked()).toEqual(['abc', 'd']);
});

test('the next call leaves before the answers of the last one are handed out', async () => {
  const { add, answer, events } = batcher();
  add('ab');
  await nextTurn();
  add('c');
  await nextTurn();
  await answer(0);
  expect(events).toEqual(['call ab', 'call c', 'answer a', 'answer b', 'written']);
});

test('groups do not wait for each other', async () => {
  const { add, asked } = batcher((code) => (code < 'm' ? 1 : 2));
  add('ab');
  await nextTurn();
  add('z');
  await nextTurn();
  expect(asked()).toEqual(['ab', 'z']);
});

test('codes beyond the limit are turned away', async () => {
  const { add } = batcher();
  expect(add('abcdefg')).toEqual([true, true, true, true, true, false, false]);
});
