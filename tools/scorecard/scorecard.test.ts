// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Level } from './question.ts';
import { levels } from './questions.ts';
import { merge, resultsOf, type LastResult } from './results.ts';
import { scorecardPage } from './scorecard-page.ts';

const root = dirname(dirname(import.meta.dirname));

describe('the questions', () => {
  const questions = levels.flatMap((level) => level.questions);

  it('name tests that there are', () => {
    const missing = questions
      .flatMap(({ tests }) => tests)
      .filter(({ file, title }) => {
        const path = join(root, file);
        return !existsSync(path) || !readFileSync(path, 'utf8').includes(`'${title}'`);
      });
    expect(missing).toEqual([]);
  });

  it('are answered by tests or by words, and asked once', () => {
    expect(questions.filter(({ tests, but }) => tests.length === 0 && but === undefined)).toEqual([]);
    expect(new Set(questions.map(({ text }) => text)).size).toBe(questions.length);
  });
});

const grows = { file: 'a/volumes.test.ts', title: 'grow' };
const group = { file: 'a/volumes.test.ts', title: 'volumes' };
const ran = (status: string, title = 'grow') => ({ title, ancestorTitles: ['volumes'], status });
const report = (startTime: number, ...assertionResults: ReturnType<typeof ran>[]) => ({
  testResults: [{ name: '/somewhere/a/volumes.test.ts', startTime, assertionResults }],
});
const dayMs = 24 * 60 * 60_000;

describe('results', () => {
  it('are those of the test, or of all tests of the group', () => {
    const seen = report(0, ran('passed'), ran('failed', 'shrink'));
    expect(resultsOf(seen, 'unit', [grows, group, { file: 'b.test.ts', title: 'grow' }])).toEqual([
      { ...grows, project: 'unit', result: 'passed', at: '1970-01-01T00:00:00Z' },
      { ...group, project: 'unit', result: 'failed', at: '1970-01-01T00:00:00Z' },
    ]);
    expect(resultsOf(report(0, ran('passed'), ran('pending', 'shrink')), 'unit', [group])).toMatchObject([
      { result: 'skipped' },
    ]);
    const each = { file: grows.file, title: 'grow by %s GiB' };
    const cases = report(0, ran('passed', 'grow by 1 GiB'), ran('failed', 'grow by 2 GiB'), ran('failed'));
    expect(resultsOf(cases, 'unit', [each])).toMatchObject([{ ...each, result: 'failed' }]);
  });

  it('stay until there are newer ones, each of its project', () => {
    const old = resultsOf(report(0, ran('passed')), 'unit', [grows]);
    const fresh = resultsOf(report(dayMs, ran('failed')), 'unit', [grows]);
    const other = resultsOf(report(0, ran('passed')), 'kubernetes', [grows]);
    expect(merge(fresh, old, [grows])).toEqual(fresh);
    expect(merge([...old, ...other], fresh, [grows])).toEqual([...other, ...fresh]);
    expect(merge(old, [], [group])).toEqual([]);
  });
});

describe('the page', () => {
  const level = (...tests: (typeof grows)[]): Level[] => [{ title: 'One', questions: [{ text: 'Do they?', tests }] }];
  const result = (project: string, word: LastResult['result']): LastResult => ({
    ...grows,
    project,
    result: word,
    at: '2030-01-02T00:00:00Z',
  });

  it.each([
    ['yes', [result('unit', 'passed')]],
    ['yes', [result('unit', 'passed'), result('kubernetes', 'skipped')]],
    ['no', [result('unit', 'passed'), result('kubernetes', 'failed')]],
    ['not shown', [result('unit', 'skipped')]],
    ['not shown', []],
  ] as const)('says %s', (word, results) => {
    expect(scorecardPage(level(grows), results)).toContain(
      `| Do they? |  | ${word} | [grow](../../a/volumes.test.ts): `,
    );
  });

  it('says yes only when every test of a question passed', () => {
    const text = scorecardPage(level(grows, group), [result('unit', 'passed')]);
    expect(text).toContain('0 of 1 are answered by yes.');
    expect(text).toContain('[grow](../../a/volumes.test.ts): unit passed 2030-01-02<br>[volumes]');
  });

  it('says in words what there is not', () => {
    const text = scorecardPage([{ title: 'One', questions: [{ text: 'Is it?', tests: [], but: 'No.' }] }], []);
    expect(text).toContain('| Is it? |  | No. |  |');
  });
});
