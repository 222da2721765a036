// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkHistory } from './check-history.ts';
import { parseHistory } from './formats/parse-history.ts';
import type { KvEvent, RegisterEvent } from './formats/parsed-history.ts';
import { judgeText } from './judge-text.ts';
import { kvModel } from './models/kv.ts';
import { registerModel } from './models/register.ts';
import { hasPublishedHistories, readPublishedHistory } from './testing/shared-histories.ts';

const LIMITS = { maxSteps: 20_000_000, maxBytes: 256 * 1024 * 1024 };
const KV_NAMES = ['c01', 'c10', 'c50'];

function expectedVerdicts(): (readonly [string, string])[] {
  if (!hasPublishedHistories) return [];
  const jepsen = readPublishedHistory('jepsen/expected.txt').trim().split('\n');
  const kv = KV_NAMES.flatMap((name) => [`${name}-ok.txt linearizable`, `${name}-bad.txt not-linearizable`]);
  return [...jepsen.map((line) => `jepsen/${line}`), ...kv.map((line) => `kv/${line}`)].map((line) => {
    const [name = '', verdict = ''] = line.split(' ');
    return [name, verdict.replace('-', ' ')];
  });
}

function verdictOf(text: string): string {
  const judgement = judgeText(text, LIMITS);
  return judgement.kind === 'judged' ? judgement.verdict : judgement.message;
}

function readKv(name: string): readonly KvEvent[] {
  const history = parseHistory(readPublishedHistory(name));
  return history.kind === 'kv' ? history.events : [];
}

function readRegister(name: string): readonly RegisterEvent[] {
  const history = parseHistory(readPublishedHistory(name));
  return history.kind === 'register' ? history.events : [];
}

function kvVerdict(events: readonly KvEvent[]): string {
  return checkHistory(events, kvModel(''), LIMITS).verdict;
}

function registerVerdict(events: readonly RegisterEvent[]): string {
  return checkHistory(events, registerModel, LIMITS).verdict;
}

/** One copy of the events for each get that read something, with that answer replaced. */
function withChangedGet(events: readonly KvEvent[], change: (value: string) => string): KvEvent[][] {
  return events.flatMap((event, index) => {
    if (event.type !== 'ok' || event.output.result !== 'ok' || !event.output.value) return [];
    return [events.with(index, { ...event, output: { result: 'ok', value: change(event.output.value) } })];
  });
}

/** The histories without one of the appends whose value some get has read. */
function withoutReadAppend(events: readonly KvEvent[]): KvEvent[][] {
  const answers = events.flatMap((event) =>
    event.type === 'ok' && event.output.result === 'ok' ? [event.output.value ?? ''] : [],
  );
  const writtenCounts = Map.groupBy(events.flatMap(writtenValue), (value) => value);
  return events.flatMap((event, index) => {
    if (event.type !== 'invoke' || event.input.f !== 'append') return [];
    const { value } = event.input;
    if (writtenCounts.get(value)?.length !== 1 || !answers.some((answer) => answer.includes(value))) return [];
    const end = events.findIndex((other, at) => at > index && other.process === event.process);
    return [events.filter((_, at) => at !== index && at !== end)];
  });
}

function writtenValue(event: KvEvent): string[] {
  return event.type === 'invoke' && 'value' in event.input ? [event.input.value] : [];
}

/** Every n-th, so that a test takes a moment. */
function sample<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, index) => index % step === 0);
}

const verdicts = expectedVerdicts();
const accepted = verdicts.filter(([name, verdict]) => name.startsWith('jepsen/') && verdict === 'linearizable');

// Skipped where the folder of published histories is missing: they are data of others and not part of the project.
describe.skipIf(!hasPublishedHistories)('the published histories', () => {
  it('are all there', () => {
    expect(verdicts.length).toBeGreaterThanOrEqual(56);
    expect(accepted.length).toBeGreaterThan(0);
  });

  it('are judged as their authors do', () => {
    const found = verdicts.map(([name]) => [name, verdictOf(readPublishedHistory(name))]);
    expect(found).toEqual(verdicts);
  });

  it.each(KV_NAMES)(
    'of keys and values (%s) are refused when a read makes up, repeats or forgets a value',
    (name) => {
      const events = readKv(`kv/${name}-ok.txt`);
      const madeUp = withChangedGet(events, (value) => `${value}x 999 0 y`);
      const repeated = withChangedGet(events, (value) => value + value);
      const mutants = [...sample(madeUp, 5), ...sample(repeated, 5), ...sample(withoutReadAppend(events), 5)];
      expect(mutants.length).toBeGreaterThanOrEqual(12);
      expect(mutants.map(kvVerdict)).toEqual(mutants.map(() => 'not linearizable'));
    },
    60_000,
  );

  it('of a register are refused when a read returns what was never written, or a swap expects it', () => {
    const mutants = accepted.flatMap(([name]) => {
      const events = readRegister(name);
      const wrong = events.flatMap((event, index): RegisterEvent[][] => {
        if (event.type === 'ok' && event.output.result === 'ok' && event.output.value !== undefined)
          return [events.with(index, { ...event, output: { result: 'ok', value: 99 } })];
        const answer = events.find((other, at) => at > index && other.process === event.process);
        const isSwap = event.type === 'invoke' && event.input.f === 'cas' && answer?.type === 'ok';
        if (!isSwap || answer.output.result !== 'ok') return [];
        return [events.with(index, { ...event, input: { f: 'cas', from: 99, to: 1 } })];
      });
      return sample(wrong, 10);
    });
    expect(mutants.length).toBeGreaterThan(50);
    expect(mutants.map(registerVerdict)).toEqual(mutants.map(() => 'not linearizable'));
  });

  it('of a register are refused when a stale read is added at their end', () => {
    const write = (value: number): RegisterEvent[] => [
      { process: 9_999, type: 'invoke', input: { f: 'write', value } },
      { process: 9_999, type: 'ok', output: { result: 'ok' } },
    ];
    const read = (value: number): RegisterEvent[] => [
      { process: 9_999, type: 'invoke', input: { f: 'read' } },
      { process: 9_999, type: 'ok', output: { result: 'ok', value } },
    ];
    for (const [name] of accepted) {
      const events = readRegister(name);
      expect(registerVerdict([...events, ...write(100), ...read(100), ...write(101), ...read(101)])).toBe(
        'linearizable',
      );
      expect(registerVerdict([...events, ...write(100), ...write(101), ...read(100)])).toBe('not linearizable');
    }
  });
});
