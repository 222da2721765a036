// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkHistory } from './check-history.ts';
import { formatContradiction } from './explain.ts';
import type { KvEvent, LinkEvent, RegisterEvent } from './formats/parsed-history.ts';
import type { LinkInput, LinkOutput } from './models/link.ts';
import { kvModel } from './models/kv.ts';
import { linkModel } from './models/link.ts';
import { registerModel } from './models/register.ts';

/** Operations of one client, one after the other. */
function sequence(...steps: readonly (readonly [LinkInput, LinkOutput])[]): LinkEvent[] {
  return steps.flatMap(([input, output]) => [
    { process: 0, type: 'invoke', input },
    { process: 0, type: 'ok', output },
  ]);
}

function create(value: string): LinkInput {
  return { f: 'create', key: 'abc', value };
}

const get: LinkInput = { f: 'get', key: 'abc' };
const remove: LinkInput = { f: 'delete', key: 'abc' };
const update: LinkInput = { f: 'update', key: 'abc', value: 'v' };
const ok: LinkOutput = { result: 'ok' };

describe('a history of links', () => {
  it.each([
    [
      'a code is created, read, changed, deleted and gone',
      sequence(
        [get, { result: 'absent' }],
        [create('u'), ok],
        [get, { result: 'ok', value: 'u' }],
        [update, ok],
        [get, { result: 'ok', value: 'v' }],
        [remove, ok],
        [get, { result: 'gone' }],
        [create('w'), { result: 'conflict' }],
        [update, { result: 'gone' }],
      ),
    ],
    [
      'a second creator is refused',
      sequence([create('u'), ok], [create('w'), { result: 'conflict' }], [get, { result: 'ok', value: 'u' }]),
    ],
  ])('is linearizable when %s', (_, events) => {
    expect(checkHistory(events, linkModel).verdict).toBe('linearizable');
  });

  it.each([
    ['two creators of one code both succeed', sequence([create('u'), ok], [create('w'), ok])],
    ['a dead code is given away again', sequence([create('u'), ok], [remove, ok], [create('w'), ok])],
    ['a deleted link is still read', sequence([create('u'), ok], [remove, ok], [get, { result: 'ok', value: 'u' }])],
    ['an acknowledged link is lost', sequence([create('u'), ok], [get, { result: 'absent' }])],
    [
      'a read is older than an acknowledged change',
      sequence([create('u'), ok], [update, ok], [get, { result: 'ok', value: 'u' }]),
    ],
    ['a creator of a free code is refused', sequence([create('u'), { result: 'conflict' }])],
    ['a code is gone that never was', sequence([get, { result: 'gone' }])],
  ])('is not linearizable when %s', (_, events) => {
    expect(checkHistory(events, linkModel).verdict).toBe('not linearizable');
  });

  it('names the key, the longest explained prefix and the answer that cannot be explained', () => {
    const other: LinkEvent[] = [
      { process: 7, type: 'invoke', input: { f: 'get', key: 'other' } },
      { process: 7, type: 'ok', output: { result: 'absent' } },
    ];
    const events = [
      ...other,
      ...sequence([create('u'), ok], [update, ok], [get, { result: 'ok', value: 'u' }], [remove, ok]),
    ];
    const verdict = checkHistory(events, linkModel);
    expect(verdict).toMatchObject({
      verdict: 'not linearizable',
      key: 'abc',
      firstImpossible: {
        operation: { input: get, calledAt: 6, returnedAt: 7 },
        prefix: [{ input: create('u') }, { input: update }],
        states: ['=u', '=v'],
        concurrent: [],
      },
    });
    const text = verdict.verdict === 'not linearizable' ? formatContradiction(verdict.firstImpossible) : '';
    expect(text).toContain(
      'cannot be placed: process 0 [events 7–8] {"f":"get","key":"abc"} → {"result":"ok","value":"u"}',
    );
    expect(text).toContain('in state =v');
  });
});

function unknownWrite(process: number, value: number): RegisterEvent[] {
  return [
    { process, type: 'invoke', input: { f: 'write', value } },
    { process, type: 'info' },
  ];
}

function read(process: number, value: number | null): RegisterEvent[] {
  return [
    { process, type: 'invoke', input: { f: 'read' } },
    { process, type: 'ok', output: { result: 'ok', value } },
  ];
}

describe('an operation of unknown outcome', () => {
  it('may never take effect', () => {
    expect(checkHistory([...unknownWrite(1, 5), ...read(2, null)], registerModel).verdict).toBe('linearizable');
  });

  it('may take effect long after its client has given up', () => {
    const events = [...unknownWrite(1, 5), ...read(2, null), ...read(2, null), ...read(2, 5), ...read(2, 5)];
    expect(checkHistory(events, registerModel).verdict).toBe('linearizable');
  });

  it('takes effect only once', () => {
    const write7: RegisterEvent[] = [
      { process: 3, type: 'invoke', input: { f: 'write', value: 7 } },
      { process: 3, type: 'ok', output: { result: 'ok' } },
    ];
    const events = [...unknownWrite(1, 5), ...read(2, 5), ...write7, ...read(2, 7), ...read(2, 5)];
    expect(checkHistory(events, registerModel).verdict).toBe('not linearizable');
  });

  it('takes no effect before its invocation', () => {
    expect(checkHistory([...read(2, 5), ...unknownWrite(1, 5)], registerModel).verdict).toBe('not linearizable');
  });

  it('takes no effect before its invocation, even when another order of earlier writes has been tried', () => {
    const answered: RegisterEvent = { process: 1, type: 'ok', output: { result: 'ok' } };
    const events: RegisterEvent[] = [
      { process: 1, type: 'invoke', input: { f: 'write', value: 5 } },
      { process: 2, type: 'invoke', input: { f: 'read' } },
      answered,
      { process: 3, type: 'invoke', input: { f: 'write', value: 3 } },
      { process: 2, type: 'ok', output: { result: 'ok', value: 3 } },
      { process: 3, type: 'info' },
    ];
    expect(checkHistory([...events, ...read(4, 3)], registerModel).verdict).toBe('linearizable');
    expect(checkHistory([...events, ...read(4, 5)], registerModel).verdict).toBe('not linearizable');
  });

  it('may take effect beside another one of the same kind, but not a third time', () => {
    const lost = [...unknownWrite(1, 5), ...unknownWrite(2, 5), ...unknownWrite(3, 6), ...unknownWrite(4, 7)];
    const events = [...lost, ...read(9, 5), ...read(9, 6), ...read(9, 5)];
    expect(checkHistory(events, registerModel).verdict).toBe('linearizable');
    expect(checkHistory([...events, ...read(9, 7), ...read(9, 5)], registerModel).verdict).toBe('not linearizable');
  });

  it('takes no effect when it is known to have failed', () => {
    const failed: RegisterEvent[] = [
      { process: 1, type: 'invoke', input: { f: 'write', value: 5 } },
      { process: 1, type: 'fail' },
    ];
    expect(checkHistory([...failed, ...read(2, 5)], registerModel).verdict).toBe('not linearizable');
    expect(checkHistory([...failed, ...read(2, null)], registerModel).verdict).toBe('linearizable');
  });

  it('is cheap, even when there are many and the history is wrong', () => {
    const lost = Array.from({ length: 150 }, (_, index) => unknownWrite(index, index)).flat();
    const reads = Array.from({ length: 10 }, (_, index) => read(1_000, index * 10)).flat();
    const limits = { maxSteps: 5_000_000, maxBytes: 16 * 1024 * 1024 };
    expect(checkHistory([...lost, ...reads], registerModel, limits).verdict).toBe('linearizable');
    expect(checkHistory([...lost, ...reads, ...read(1_000, -1)], registerModel, limits).verdict).toBe(
      'not linearizable',
    );
  });
});

/** Every order of concurrent appends is a state of its own, and the read refuses them all. */
function hardAppends(key: string, count: number): KvEvent[] {
  const calls = Array.from({ length: count }, (_, process): KvEvent => ({
    process,
    type: 'invoke',
    input: { f: 'append', key, value: `<${process}>` },
  }));
  const answers = calls.map(({ process }): KvEvent => ({ process, type: 'ok', output: { result: 'ok' } }));
  return [...calls, ...answers, ...badGet(key)];
}

function badGet(key: string): KvEvent[] {
  return [
    { process: 99, type: 'invoke', input: { f: 'get', key } },
    { process: 99, type: 'ok', output: { result: 'ok', value: 'never written' } },
  ];
}

describe('the limits', () => {
  const model = kvModel(null);

  it('leave a history undecided when the steps run out', () => {
    const verdict = checkHistory(hardAppends('k', 12), model, { maxSteps: 5_000, maxBytes: 1e8 });
    expect(verdict).toEqual({ verdict: 'undecided', key: 'k', limit: 'steps' });
  });

  it('leave a history undecided when the memory runs out', () => {
    const verdict = checkHistory(hardAppends('k', 12), model, { maxSteps: 1e9, maxBytes: 200_000 });
    expect(verdict).toEqual({ verdict: 'undecided', key: 'k', limit: 'memory' });
  });

  it('do not hide that another partition is wrong', () => {
    const events = [...hardAppends('k', 12), ...badGet('m')];
    const bySteps = checkHistory(events, model, { maxSteps: 5_000, maxBytes: 1e8 });
    const byMemory = checkHistory(events, model, { maxSteps: 1e9, maxBytes: 200_000 });
    expect([bySteps, byMemory]).toMatchObject([
      { verdict: 'not linearizable', key: 'm' },
      { verdict: 'not linearizable', key: 'm' },
    ]);
  });
});

describe('a malformed history', () => {
  it('is a broken invariant of the recorder', () => {
    const answer: RegisterEvent = { process: 1, type: 'ok', output: { result: 'ok' } };
    const call: RegisterEvent = { process: 1, type: 'invoke', input: { f: 'read' } };
    expect(() => checkHistory([answer], registerModel)).toThrow('process 1 ends a call that it has not made');
    expect(() => checkHistory([call, call], registerModel)).toThrow('process 1 invokes before its last call has ended');
  });
});
