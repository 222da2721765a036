// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
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
  const measured: (readonly [codes: number, elapsedMs: number])[] = [];
  let nowMs = 0;
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
      patienceMs: 10,
      pace: { minGapMs: 1, maxGapMs: 1, fullCodes: 3, busyCodesPerSecond: 50 },
      maxWaiting: 5,
      monotonicMs: () => nowMs,
      onBatch: () => {},
      onAnswered: (codes, elapsedMs) => measured.push([codes, elapsedMs]),
      onError: (error) => expect.fail(String(error)),
    },
    () => events.push('written'),
  );
  const add = (codes: string): boolean[] =>
    [...codes].map((code) => made.add(code, () => events.push(`answer ${code}`)));
  const answer = async (i: number): Promise<void> => {
    calls[i]?.answer();
    await nextTurn();
    await nextTurn();
  };
  const asked = (): string[] => calls.map(({ codes }) => codes.join(''));
  const wait = (elapsedMs: number): void => void (nowMs += elapsedMs);
  return { add, answer, asked, events, measured, wait };
}

test('the codes of one turn are one call', async () => {
  const { add, asked } = batcher();
  add('ab');
  expect(asked()).toEqual([]);
  await nextTurn();
  expect(asked()).toEqual(['ab']);
});

test('the next call waits for the one before, and takes all that has come meanwhile', async () => {
  const { add, answer, asked } = batcher();
  add('a');
  await nextTurn();
  add('bc');
  await nextTurn();
  add('d');
  await nextTurn();
  expect(asked()).toEqual(['a']);
  await answer(0);
  expect(asked()).toEqual(['a', 'bcd']);
});

test('a call that takes its time keeps one more from waiting, and no third', async () => {
  const { add, answer, asked, wait } = batcher();
  add('a');
  await nextTurn();
  wait(10);
  add('b');
  await nextTurn();
  wait(10);
  add('c');
  await nextTurn();
  expect(asked()).toEqual(['a', 'b']);
  await answer(1);
  expect(asked()).toEqual(['a', 'b', 'c']);
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

test('a code that takes longer keeps no other one from its answer, and the place of a waiting one', async () => {
  const late: ((resolution: Resolution) => void)[] = [];
  const answers: string[] = [];
  const made = new CodeBatcher(
    {
      resolver: {
        groupOf: () => 0,
        resolve: async (codes) =>
          codes.map((code) =>
            code < 'm' ? { kind: 'gone' } : new Promise<Resolution>((resolve) => late.push(resolve)),
          ),
      },
      maxInFlight: 1,
      patienceMs: 10,
      pace: { minGapMs: 1, maxGapMs: 1, fullCodes: 1, busyCodesPerSecond: 1000 },
      maxWaiting: 2,
      monotonicMs: () => 0,
      onBatch: () => {},
      onAnswered: () => {},
      onError: (error) => answers.push(String(error)),
    },
    () => {},
  );
  const add = (code: string): boolean => made.add(code, ({ kind }) => answers.push(`${code} ${kind}`));
  add('z');
  add('a');
  await nextTurn();
  await nextTurn();
  expect(answers).toEqual(['a gone']);
  expect(add('y')).toBe(true);
  await nextTurn();
  await nextTurn();
  expect(add('b')).toBe(false);
  for (const answer of late) answer({ kind: 'notFound' });
  await nextTurn();
  expect(answers).toEqual(['a gone', 'z notFound', 'y notFound']);
  expect(add('b')).toBe(true);
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

test('while many codes come, calls of all groups wait together for the usual size, and not for long', async () => {
  const { add, answer, asked, wait } = batcher((code) => (code < 'm' ? 1 : 2));
  add('abcd');
  await nextTurn();
  await answer(0);
  wait(60);
  add('b');
  await nextTurn();
  await answer(1);
  add('c');
  await nextTurn();
  add('y');
  await nextTurn();
  expect(asked()).toEqual(['abcd', 'b']);
  wait(1);
  await vi.waitFor(() => expect(asked()).toEqual(['abcd', 'b', 'c', 'y']));
});

test('each code is measured from the turn in which it came, without a look at the clock of its own', async () => {
  const { add, answer, measured, wait } = batcher();
  add('a');
  await nextTurn();
  wait(1);
  add('bc');
  await nextTurn();
  wait(2);
  add('d');
  await nextTurn();
  wait(4);
  await answer(0);
  expect(measured).toEqual([[1, 7]]);
  wait(8);
  await answer(1);
  expect(measured.slice(1)).toEqual([
    [2, 14],
    [1, 12],
  ]);
});
