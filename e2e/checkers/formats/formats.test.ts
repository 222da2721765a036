// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearizableHistories } from '../testing/arbitrary-history.ts';
import { kvWorkload, linkWorkload } from '../testing/workloads.ts';
import { parseEdn } from './edn.ts';
import { formatHistoryJsonl } from './history-jsonl.ts';
import { parseHistory } from './parse-history.ts';

describe('EDN', () => {
  it('reads the values that histories use', () => {
    expect(parseEdn('{:process 0, :value [nil -3 "a\\"b\\n" true :timed-out]}')).toEqual(
      new Map<string, unknown>([
        ['process', 0],
        ['value', [null, -3, 'a"b\n', true, { keyword: 'timed-out' }]],
      ]),
    );
  });

  it.each(['', '{:a}', '{:a 1', '[1 2', '"open', '{:a 1} 2', '1.5', 'symbol', '{:a 1 :a 2}', '['.repeat(40), ')'])(
    'refuses %j',
    (text) => {
      expect(parseEdn(text)).toBeUndefined();
    },
  );
});

describe('a log of Jepsen', () => {
  it('is read as the history of a register', () => {
    const lines = [
      '0\t:invoke\t:cas\t[3 0]',
      '1 :invoke :read nil',
      '0\t:fail\t:cas\t[3 0]',
      '1 :ok :read nil',
      '2  :invoke :write 4',
      '2 :info :write :timed-out',
    ];
    const text = ['INFO  jepsen.core - Everything is up', ...lines.map((line) => `INFO  jepsen.util - ${line}`)].join(
      '\n',
    );
    expect(parseHistory(text)).toEqual({
      kind: 'register',
      events: [
        { process: 0, type: 'invoke', input: { f: 'cas', from: 3, to: 0 } },
        { process: 1, type: 'invoke', input: { f: 'read' } },
        { process: 0, type: 'ok', output: { result: 'mismatch' } },
        { process: 1, type: 'ok', output: { result: 'ok', value: null } },
        { process: 2, type: 'invoke', input: { f: 'write', value: 4 } },
        { process: 2, type: 'info' },
      ],
    });
  });

  it('takes a failed operation that timed out as one without effect or answer', () => {
    const text = 'INFO  jepsen.util - 1 :invoke :read nil\nINFO  jepsen.util - 1 :fail :read :timed-out';
    expect(parseHistory(text)).toMatchObject({ events: [{ type: 'invoke' }, { process: 1, type: 'fail' }] });
  });
});

describe('a history in EDN', () => {
  it('with keys is that of a key-value store whose keys begin empty', () => {
    const text =
      '{:process 0, :type :invoke, :f :append, :key "k", :value "x"}\n{:process 0, :type :ok, :f :append, :key "k", :value "x"}\n{:f :get :type :invoke :process 0 :key 7 :value nil}\n{:process 0, :type :ok, :f :get, :key 7, :value ""}\n';
    expect(parseHistory(text)).toEqual({
      kind: 'kv',
      initial: '',
      events: [
        { process: 0, type: 'invoke', input: { f: 'append', key: 'k', value: 'x' } },
        { process: 0, type: 'ok', output: { result: 'ok' } },
        { process: 0, type: 'invoke', input: { f: 'get', key: '7' } },
        { process: 0, type: 'ok', output: { result: 'ok', value: '' } },
      ],
    });
  });

  it('without keys is that of a register', () => {
    const text = '{:process 3 :type :invoke :f :write :value 1}\n{:process 3 :type :info :f :write :value 1}';
    expect(parseHistory(text)).toMatchObject({
      kind: 'register',
      events: [{ input: { f: 'write', value: 1 } }, { type: 'info' }],
    });
  });
});

describe('a history of our own', () => {
  it('is read back as it was written, whatever happened in it', () => {
    fc.assert(
      fc.property(linearizableHistories(linkWorkload, 30), linearizableHistories(kvWorkload, 30), (links, pairs) => {
        const timed = links.map((event, time) => ({ ...event, time }));
        expect(parseHistory(formatHistoryJsonl('link', timed))).toEqual({ kind: 'link', events: timed });
        expect(parseHistory(formatHistoryJsonl('kv', pairs))).toEqual({ kind: 'kv', events: pairs, initial: null });
      }),
      { numRuns: 50 },
    );
  });

  const header = '{"history":"link","version":1}';
  const call = '{"process":1,"type":"invoke","op":{"f":"get","key":"a"},"time":5}';
  it.each([
    ['another version', '{"history":"link","version":2}', 1],
    ['an unknown kind', '{"history":"queue","version":1}', 1],
    [
      'an operation of another kind',
      `${header}\n{"process":1,"type":"invoke","op":{"f":"put","key":"a","value":"b"}}`,
      2,
    ],
    ['an answer to nothing', `${header}\n{"process":1,"type":"ok","op":{"result":"ok"}}`, 2],
    [
      'an answer about another key',
      `${header}\n${call}\n{"process":1,"type":"ok","op":{"key":"b","result":"absent"}}`,
      3,
    ],
    [
      'an answer that the operation cannot have',
      `${header}\n${call}\n{"process":1,"type":"ok","op":{"result":"conflict"}}`,
      3,
    ],
    ['a read without its value', `${header}\n${call}\n{"process":1,"type":"ok","op":{"result":"ok"}}`, 3],
    ['a time that falls', `${header}\n${call}\n{"process":1,"type":"info","time":4}`, 3],
    ['a torn line', `${header}\n${call}\n{"process":1,"ty`, 3],
  ])('is refused with its line because of %s', (_, text, line) => {
    expect(parseHistory(text)).toMatchObject({ kind: 'malformed', message: expect.stringContaining(`line ${line}:`) });
  });
});

describe('a text in no known format', () => {
  it.each([
    '',
    'hello',
    'INFO jepsen.util - 1 :invoke :dance nil',
    'INFO jepsen.util - 1 :ok',
    '{:process 1 :type :invoke :f :get}',
    '{:process 1 :type :invoke :f :dance :key "k"}',
  ])('is refused: %j', (text) => {
    expect(parseHistory(text).kind).toBe('malformed');
  });
});
