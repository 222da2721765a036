// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { memoryIn } from '../cluster/footprint.ts';
import { parseCommandLine } from '../options.ts';
import { isGood, renderReport, type LoadReport } from './load-report.ts';

const report: LoadReport = {
  created: 1000,
  createdPerSecond: 500,
  createSeconds: 2,
  duplicates: 7,
  urlMeanBytes: 51.5,
  refused: { 'the URL has the scheme git': 3 },
  altered: [],
  readBack: { read: 1000, seconds: 1, perSecond: 1000, wrong: [], wrongCount: 0, retries: 0 },
  nodes: [
    {
      name: 'node0',
      disk: { totalBytes: 3 * 2 ** 20, tableBytes: 2 ** 20, logBytes: 2 ** 20 },
      memory: { residentBytes: 200 * 2 ** 20, peakBytes: undefined },
    },
  ],
  restarts: [
    { node: 'node0', signal: 'SIGKILL', stopMs: 5, readyMs: 900, firstRedirectMs: 1000, wrongCount: 0, sampled: 10 },
  ],
};

describe('the report', () => {
  test('says what was created, refused, read, and what it took', () => {
    const text = renderReport(report);
    expect(text).toContain('created    1,000 links in 2 s, 500/s');
    expect(text).toContain('7 duplicates, 3 refused');
    expect(text).toContain('node0      disk 3 MiB, 3145.7 B/link');
    expect(text).toContain('ready again 0.90 s after its start');
    expect(text).toMatch(/^every link led where it must$/m);
  });

  test.each([
    { readBack: { ...report.readBack, wrongCount: 1 } },
    { readBack: { ...report.readBack, read: 999 } },
    { altered: ['a: b'] },
    { restarts: report.restarts.map((restart) => ({ ...restart, wrongCount: 1 })) },
    { created: 0, readBack: { ...report.readBack, read: 0 } },
  ])('is not good with %j', (change) => {
    expect(isGood(report)).toBe(true);
    expect(isGood({ ...report, ...change })).toBe(false);
  });

  test('takes memory from what the system tells of a process', () => {
    expect(memoryIn('Name:\tnode\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n')).toEqual({
      residentBytes: 2 ** 20,
      peakBytes: 2 ** 21,
    });
    expect(memoryIn('Name:\tkthreadd\n')).toBeUndefined();
  });
});

describe('the command line', () => {
  test('wants the listeners of a running cluster together', () => {
    expect(parseCommandLine(['--api', 'http://a:1', '--redirect', 'http://a:2'])).toMatchObject({
      api: ['http://a:1'],
    });
    expect(parseCommandLine(['--api', 'http://a:1'])).toBe('--api and --redirect go together');
  });

  test.each([[['--limit', '0']], [['--api', 'ftp://a', '--redirect', 'http://a']], [['more']], [['--what']]])(
    'refuses %j',
    (argv) => {
      expect(parseCommandLine(argv)).toBeTypeOf('string');
    },
  );
});
