// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLinkRow } from '../../statemachine/link-row.ts';
import { linkRows } from '../testing/state-rows.ts';
import { codeNumber, writeCode } from './code-numbers.ts';
import { CreatorTable, CreatorTableBuilder, unlistedCreator } from './creator-table.ts';
import { joinLinkValue, splitLinkValue } from './link-value.ts';
import { Timeline } from './timeline.ts';
import { chooseUrlPrefixes, UrlPrefixes } from './url-prefixes.ts';

describe('the value of a link row', () => {
  it('is taken apart as the state machine reads it, and put together again', () => {
    fc.assert(
      fc.property(linkRows, (rows) => {
        for (const { value } of rows) {
          const parts = splitLinkValue(value);
          // Undefined only for times that are no times.
          if (parts === undefined) continue;
          expect(joinLinkValue(parts)).toEqual(value);
          const row = decodeLinkRow('x', value);
          if (row.kind === 'dead') {
            expect(parts).toMatchObject({ kind: 'dead', revision: row.dead.revision, timeMs: row.dead.timeMs });
          } else {
            const { createRevision, revision, createdAtMs, updatedAtMs, expiresAtMs, url, creatorId } = row.link;
            expect(parts).toMatchObject({ createRevision, revision, createdAtMs, updatedAtMs, expiresAtMs });
            expect(parts).toMatchObject({ url: utf8(url), creator: utf8(creatorId) });
          }
        }
      }),
    );
  });

  it('stays whole unless its parts make up the same bytes', () => {
    const known = Uint8Array.of(1, 0, 5, 0, 9, 0, 1, 0x61, 1, 0x62);
    expect(splitLinkValue(known)).toMatchObject({ kind: 'live', createRevision: 5, createdAtMs: 9 });
    const others: Record<string, readonly number[]> = {
      'another version': [2, ...known.subarray(1)],
      'unknown flags': [1, 16, ...known.subarray(2)],
      'flags of a dead link': [1, 2, ...known.subarray(2)],
      'a number that is longer than it need be': [1, 0, 0x85, 0, 0, 9, 0, 1, 0x61, 1, 0x62],
      'a byte behind the end': [...known, 0],
      'a missing byte': [...known.subarray(0, -1)],
      nothing: [],
    };
    for (const [what, bytes] of Object.entries(others))
      expect(splitLinkValue(Uint8Array.from(bytes)), what).toBeUndefined();
  });
});

describe('a code as a number', () => {
  it('is the same code again, in the same order', () => {
    const code = fc.stringMatching(/^[0-9a-z]{1,10}$/);
    fc.assert(
      fc.property(code, code, (a, b) => {
        const number = codeNumber(utf8(a), 0, a.length);
        const key = new Uint8Array(a.length);
        writeCode(key, a.length, a.length, number ?? -1);
        expect(key).toEqual(utf8(a));
        if (a.length !== b.length) return;
        expect(Math.sign((number ?? 0) - (codeNumber(utf8(b), 0, b.length) ?? 0))).toBe(a < b ? -1 : Number(a > b));
      }),
    );
  });

  it('has the digits and the length of generated codes', () => {
    for (const [text, count] of [
      ['Abcdefgh', 8],
      ['abc-efgh', 8],
      ['abcdefg', 8],
      ['abcdefghi', 8],
      ['äbcdefg', 8],
    ] as const)
      expect(codeNumber(utf8(text), 0, count)).toBeUndefined();
  });
});

describe('a timeline', () => {
  const timeline = new Timeline([
    { revision: 10, timeMs: 1000 },
    { revision: 20, timeMs: 3000 },
    { revision: 21, timeMs: 2000 },
  ]);

  it.each([
    [0, 1000],
    [10, 1000],
    [15, 2000],
    [19, 2800],
    [20, 3000],
    [21, 2000],
    [99, 2000],
  ])('guesses the time of revision %d', (revision, timeMs) => {
    expect(timeline.timeOf(revision)).toBe(timeMs);
  });

  it('guesses 0 where nothing is known', () => {
    expect(new Timeline([]).timeOf(5)).toBe(0);
  });
});

describe('prefixes of URLs', () => {
  const urls = (prefix: string, count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, i) => utf8(`${prefix}${i}/page`));

  it('are the ones that save the most', () => {
    const prefixes = chooseUrlPrefixes([
      ...urls('https://often.example/', 500),
      ...urls('https://often.example/docs/', 300),
      ...urls('http://rare.example/', 3),
    ]);
    const list = prefixes.list.map((prefix) => Buffer.from(prefix).toString());
    expect(list).toEqual(['https://often.example/', 'https://often.example/docs/']);
  });

  it('match as long as they can', () => {
    const prefixes = new UrlPrefixes([utf8('https://a.example/'), utf8('https://a.example/b/')]);
    expect(prefixes.match(utf8('https://a.example/b/c'))).toEqual({ mark: 3, length: 20 });
    expect(prefixes.match(utf8('https://a.example/x'))).toEqual({ mark: 2, length: 18 });
    expect(prefixes.match(utf8('mailto:me'))).toEqual({ mark: 1, length: 0 });
    expect(prefixes.prefixOf(3)).toEqual(utf8('https://a.example/b/'));
    expect(prefixes.prefixOf(1)).toEqual(new Uint8Array(0));
    expect(prefixes.prefixOf(4)).toBeUndefined();
  });
});

describe('the table of creators', () => {
  it('gives everybody one place', () => {
    const builder = new CreatorTableBuilder();
    const places = ['bob', 'carol', 'bob', '', 'dave'].map((name) => builder.placeOf(utf8(name)));
    expect(places).toEqual([1, 2, 1, 3, 4]);
    const table = new CreatorTable(builder.names(), builder.count);
    expect(table.nameOf(2)).toEqual(utf8('carol'));
    expect(table.nameOf(3)).toEqual(utf8(''));
    expect(() => table.nameOf(0)).toThrow(DecodeError);
    expect(() => table.nameOf(5)).toThrow(DecodeError);
  });

  it('leaves out who comes when it is full', () => {
    const builder = new CreatorTableBuilder();
    const long = (i: number): Uint8Array => utf8(`${i}-${'x'.repeat(200)}`);
    let last = 1;
    let i = 0;
    while (last !== unlistedCreator) last = builder.placeOf(long(i++));
    expect(builder.placeOf(long(0))).toBe(1);
    const names = builder.names();
    expect(names.length).toBeLessThanOrEqual(1024 * 1024);
    expect(new CreatorTable(names, builder.count).count).toBe(i - 1);
  });
});
