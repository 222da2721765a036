// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '@shortlink/common/bytes.ts';
import type { Entry } from '../../core/raft/types.ts';
import type { Machine } from '../machines/machine.ts';
import { ProposalQueue } from './proposal-queue.ts';

/** Answers with the results as text; the queue needs no more of a machine. */
const machine = {
  encodeResults: (results: readonly unknown[], from: number, count: number) =>
    new TextEncoder().encode(results.slice(from, from + count).join(',')),
} as Pick<Machine, 'encodeResults'> as Machine;

function entry(index: number, term: number): Entry {
  return { index, term, type: 'normal', data: new Uint8Array(0) };
}

function queued(bytes = 10) {
  const queue = new ProposalQueue();
  const answers: string[] = [];
  const add = (name: string, deadlineMs = 1000): void =>
    queue.add({
      payload: new Uint8Array(bytes),
      deadlineMs,
      answer: (status, payload) => void answers.push(`${name} ${status} ${fromUtf8(payload)}`),
    });
  return { queue, answers, add };
}

describe('the proposal queue', () => {
  it('gives each request of an entry its own part of the results', () => {
    const { queue, answers, add } = queued();
    add('a');
    add('b');
    const [a, b] = queue.takeBundle();
    if (a === undefined || b === undefined) throw new Error('two requests wait');
    queue.appended(5, 2, [
      { request: a, from: 0, count: 2 },
      { request: b, from: 2, count: 1 },
    ]);
    queue.settle(entry(5, 2), ['x', 'y', 'z'], machine);
    expect(answers).toEqual(['a ok x,y', 'b ok z']);
  });

  it('says that a write did not happen when another leader’s entry took its place', () => {
    const { queue, answers, add } = queued();
    add('a');
    const [a] = queue.takeBundle();
    if (a === undefined) throw new Error('a request waits');
    queue.appended(5, 2, [{ request: a, from: 0, count: 1 }]);
    queue.settle(entry(5, 3), ['x'], machine);
    expect(answers).toEqual(['a unavailable the leader changed before the write was committed']);
  });

  it('answers that nobody knows when a later entry of its own takes the place of one that was lost', () => {
    const { queue, answers, add } = queued();
    add('a');
    add('b');
    const [a, b] = queue.takeBundle();
    if (a === undefined || b === undefined) throw new Error('two requests wait');
    queue.appended(5, 2, [{ request: a, from: 0, count: 1 }]);
    queue.appended(5, 4, [{ request: b, from: 0, count: 1 }]);
    expect(answers).toEqual(['a timeout the leader changed; the outcome is unknown']);
    queue.settle(entry(5, 4), ['x'], machine);
    expect(answers.at(-1)).toBe('b ok x');
  });

  it('splits what waits into entries of bounded size, and never splits a request', () => {
    const { queue, add } = queued(300 * 1024);
    for (const name of ['a', 'b', 'c']) add(name);
    expect([
      queue.takeBundle().length,
      queue.takeBundle().length,
      queue.takeBundle().length,
      queue.takeBundle().length,
    ]).toEqual([1, 1, 1, 0]);
  });

  it('tells a late write whose outcome is unknown from one that was never proposed', () => {
    const { queue, answers, add } = queued();
    add('proposed', 100);
    const [proposed] = queue.takeBundle();
    if (proposed === undefined) throw new Error('a request waits');
    queue.appended(5, 2, [{ request: proposed, from: 0, count: 1 }]);
    add('waiting', 100);
    queue.expire(99);
    expect(answers).toEqual([]);
    queue.expire(100);
    expect(answers.map((answer) => answer.split(' ').slice(0, 2).join(' '))).toEqual([
      'proposed timeout',
      'waiting unavailable',
    ]);
  });

  it('turns away what it has no room for', () => {
    const { queue, answers, add } = queued(4 * 1024 * 1024);
    for (let i = 0; i < 9; i++) add(`r${i}`);
    expect(answers).toEqual(['r8 overloaded too many writes wait for this shard; slow down and try again']);
    expect(queue.waitingCount).toBe(8);
  });
});
