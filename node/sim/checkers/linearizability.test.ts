// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { HistoryKind, OperationInput, OperationOutput, RecordedOperation } from '../history.ts';
import { checkLinearizability, judgeKey } from './linearizability.ts';
import { Violations } from './violations.ts';

type Step = readonly [
  calledAt: number,
  returnedAt: number | undefined,
  input: OperationInput,
  output?: OperationOutput,
];

function operations(kind: HistoryKind, steps: readonly Step[]): RecordedOperation[] {
  return steps.map(([calledAt, returnedAt, input, output], process) => ({
    kind,
    process,
    input,
    calledAt,
    returnedAt,
    output,
  }));
}

const put = (value: string): OperationInput => ({ f: 'put', key: 'k', value });
const get: OperationInput = { f: 'get', key: 'k' };
const ok: OperationOutput = { result: 'ok' };
const read = (value: string): OperationOutput => ({ result: 'ok', value });

describe('the judge of one key', () => {
  it('accepts a read that overlaps a write and sees either state', () => {
    for (const seen of [read('b'), read('a')]) {
      const history = operations('kv', [
        [0, 1, put('a'), ok],
        [2, 5, put('b'), ok],
        [3, 4, get, seen],
      ]);
      expect(judgeKey(history)).toBe('linearizable');
    }
  });

  it('refuses a read of a value that was replaced before the read began', () => {
    const history = operations('kv', [
      [0, 1, put('a'), ok],
      [2, 3, put('b'), ok],
      [4, 5, get, read('a')],
    ]);
    expect(judgeKey(history)).toBe('impossible');
  });

  it('refuses a lost write', () => {
    const history = operations('kv', [
      [0, 1, put('a'), ok],
      [2, 3, get, { result: 'absent' }],
    ]);
    expect(judgeKey(history)).toBe('impossible');
  });

  it('lets a write without an answer take effect late, or never, but not twice', () => {
    const late = operations('kv', [
      [0, undefined, put('a')],
      [1, 2, get, { result: 'absent' }],
      [3, 4, get, read('a')],
    ]);
    expect(judgeKey(late)).toBe('linearizable');
    const twice = operations('kv', [
      [0, undefined, put('a')],
      [1, 2, get, read('a')],
      [3, 4, put('b'), ok],
      [5, 6, get, read('a')],
    ]);
    expect(judgeKey(twice)).toBe('impossible');
  });

  it('lets only one of two creators of a code succeed', () => {
    const create = (value: string): OperationInput => ({ f: 'create', key: 'k', value });
    const steps: readonly Step[] = [[0, 2, create('a'), ok]];
    expect(judgeKey(operations('link', [...steps, [1, 3, create('b'), { result: 'conflict' }]]))).toBe('linearizable');
    expect(judgeKey(operations('link', [...steps, [1, 3, create('b'), ok]]))).toBe('impossible');
  });

  it('knows that the code of a deleted link is gone for ever, and a deleted key only absent', () => {
    const remove: OperationInput = { f: 'delete', key: 'k' };
    const link = (last: OperationOutput): RecordedOperation[] =>
      operations('link', [
        [0, 1, { f: 'create', key: 'k', value: 'a' }, ok],
        [2, 3, remove, ok],
        [4, 5, { f: 'create', key: 'k', value: 'b' }, last],
      ]);
    expect(judgeKey(link({ result: 'conflict' }))).toBe('linearizable');
    expect(judgeKey(link(ok))).toBe('impossible');
    const key = operations('kv', [
      [0, 1, put('a'), ok],
      [2, 3, remove, ok],
      [4, 5, { f: 'cas', key: 'k', from: null, to: 'b' }, ok],
      [6, 7, get, read('b')],
    ]);
    expect(judgeKey(key)).toBe('linearizable');
  });

  it('refuses two swaps from the same value', () => {
    const history = operations('kv', [
      [0, 1, put('a'), ok],
      [2, 4, { f: 'cas', key: 'k', from: 'a', to: 'b' }, ok],
      [3, 5, { f: 'cas', key: 'k', from: 'a', to: 'c' }, ok],
    ]);
    expect(judgeKey(history)).toBe('impossible');
  });
});

describe('the check of a history', () => {
  it('names the key that cannot be explained and leaves the others in peace', () => {
    const violations = new Violations();
    const fine = operations('link', [[0, 1, { f: 'get', key: 'x' }, { result: 'absent' }]]);
    const wrong = operations('kv', [[0, 1, get, read('never written')]]);
    checkLinearizability([...fine, ...wrong], violations);
    expect(violations.found.map(({ property }) => property)).toEqual(['linearizability']);
    expect(violations.found[0]?.message).toContain('kv k');
  });
});
