// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { ReadBackResult } from '../load-real/load/read-back.ts';
import { verdicts } from './flat.ts';
import type { Look } from './look.ts';
import { parseCommandLine, usage } from './options.ts';
import { isGood, renderReport } from './report.ts';
import type { BoundedReport } from './run-bounded.ts';

const mib = 2 ** 20;

function lookAt(links: number, fields: Partial<Look> = {}): Look {
  return {
    links,
    hotKeys: 20_000,
    tableBytes: 60 * mib,
    logBytes: 200 * mib,
    residentBytes: 900 * mib,
    snapshotBytes: 9 * mib,
    readyMs: 2000,
    firstRedirectMs: 2100,
    replacedMs: 9000,
    chunks: links / 100_000,
    garbage: 0,
    candidates: 4,
    rewrites: 2,
    wrongCount: 0,
    ...fields,
  };
}

const notFlat = (looks: readonly Look[]): string[] =>
  verdicts(looks, 40_000)
    .filter(({ isFlat }) => !isFlat)
    .map(({ name }) => name);

describe('what is flat', () => {
  it('is what goes up and down within its bounds', () => {
    const looks = [
      lookAt(200_000, { hotKeys: 0, tableBytes: 9 * mib, snapshotBytes: mib }),
      lookAt(1_000_000, { hotKeys: 100, tableBytes: 90 * mib }),
      lookAt(2_000_000, { hotKeys: 40_000, tableBytes: 80 * mib }),
    ];
    expect(notFlat(looks)).toEqual([]);
  });

  it('is not what doubles with the links', () => {
    const grown = (links: number): Look =>
      lookAt(links, {
        hotKeys: links / 10,
        tableBytes: links * 100,
        logBytes: links * 200,
        residentBytes: links * 1000,
        snapshotBytes: links * 50,
        readyMs: links / 100,
        firstRedirectMs: links / 100,
      });
    expect(notFlat([grown(200_000), grown(1_000_000), grown(2_000_000)])).toEqual([
      'hot keys',
      'RocksDB tables',
      'RocksDB logs',
      'memory',
      'snapshot',
      'restart, ready',
      'restart, redirect',
    ]);
  });
});

describe('the report', () => {
  const read = (count: number, fields: Partial<ReadBackResult> = {}): ReadBackResult => ({
    read: count,
    seconds: 10,
    wrong: [],
    wrongCount: 0,
    retries: 0,
    ...fields,
  });
  const looks = [lookAt(200_000), lookAt(1_000_000), lookAt(2_000_000)];
  const good: BoundedReport = {
    created: 2_000_000,
    createdPerSecond: 4000,
    looks,
    verdicts: verdicts(looks, 40_000),
    whileCut: read(500),
    readAll: read(6_000_000),
    disaster: { rebuiltMs: 1, readyMs: 2, firstAnswerMs: 3, allAnswersMs: 4, read: read(2_000_000) },
  };

  it('is good when every link is there and nothing has grown', () => {
    expect(isGood(good)).toBe(true);
    expect(renderReport(good)).toMatch(/^RocksDB tables +60\.0 MiB +60\.0 MiB +60\.0 MiB +flat$/m);
  });

  it.each<[string, Partial<BoundedReport>]>([
    ['a link was not read', { readAll: read(5_999_999) }],
    ['a link was wrong', { readAll: read(6_000_000, { wrongCount: 1, wrong: ['abc: 404'] }) }],
    ['a link was wrong without the store', { whileCut: read(500, { wrongCount: 1 }) }],
    ['a link did not come back', { disaster: { ...good.disaster, read: read(1_999_999) } }],
    ['a link was wrong after a restart', { looks: [...looks.slice(1), lookAt(2_000_000, { wrongCount: 1 })] }],
    ['something grew', { verdicts: good.verdicts.map((one, i) => ({ ...one, isFlat: i > 0 })) }],
  ])('is bad when %s', (_, fields) => {
    expect(isGood({ ...good, ...fields })).toBe(false);
    expect(renderReport({ ...good, ...fields })).toMatch(/NOT as it must be$/);
  });
});

it('takes options, and says what is wrong with them', () => {
  expect(parseCommandLine([])).toMatchObject({ links: 2_000_000, 'seal-bytes': 4 * mib });
  expect(parseCommandLine(['--links', '5'])).toContain('--links');
  expect(parseCommandLine(['more'])).toContain('more is too much');
  expect(usage()).toContain('--cut-seconds');
});
