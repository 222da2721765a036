// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import { LinkVersions } from './link-versions.ts';

const code = fc.string({ unit: fc.constantFrom(...'azAZ09-_./'), minLength: 1, maxLength: 255 });

it('whatever the code and the shard: the version that the engine raises is the one that readers look at', () => {
  const versions = new LinkVersions();
  fc.assert(
    fc.property(code, fc.integer({ min: 1, max: 0xffff_ffff }), (text, shard) => {
      const place = versions.placeOf(shard, text);
      const before = versions.at(place);
      versions.raise(shard, utf8(text));
      expect(versions.at(place)).toBe(before + 1);
    }),
  );
});

it('is seen through the shared words, as another thread gets them', () => {
  const mine = new LinkVersions();
  const theirs = new LinkVersions(structuredClone(mine.words));
  const place = theirs.placeOf(1, 'abc');
  mine.raise(1, utf8('abc'));
  expect(theirs.at(place)).toBe(1);
});

it('goes on behind the largest number of a word', () => {
  const versions = new LinkVersions();
  const place = versions.placeOf(1, 'abc');
  versions.words[place] = 0x7fff_ffff;
  versions.raise(1, utf8('abc'));
  expect(versions.at(place)).toBe(-0x8000_0000);
});

it('gives neighbouring codes and shards counters of their own, nearly always', () => {
  const versions = new LinkVersions();
  const places = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    places.add(versions.placeOf(1, i.toString(36).padStart(8, '0')));
    places.add(versions.placeOf(i + 2, 'abcdefgh'));
  }
  expect(places.size).toBeGreaterThan(1980);
});
