// SPDX-License-Identifier: Apache-2.0
import { concatBytes, utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { encodeIndexRow, indexTombstone } from '../../statemachine/index-row.ts';
import {
  creatorIndexSuffix,
  expiryIndexSuffix,
  linkSuffix,
  namespaces,
  type Namespace,
} from '../../statemachine/keys.ts';
import { encodeKvValue } from '../../statemachine/kv-row.ts';
import { encodeDeadLink, encodeLiveLink } from '../../statemachine/link-row.ts';
import type { Link } from '../../statemachine/commands.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { sortedRows } from './chunks.ts';

/** The key of a row as it is in a chunk. */
export function rowKey(namespace: Namespace, suffix: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(namespace), suffix);
}

export function linkRow(link: Link): ChunkRow {
  return { key: rowKey(namespaces.link, linkSuffix(link.code)), value: encodeLiveLink(link) };
}

export function deadRow(code: string, revision: number, timeMs: number): ChunkRow {
  const value = encodeDeadLink({ reason: 'deleted', revision, timeMs });
  return { key: rowKey(namespaces.link, linkSuffix(code)), value };
}

export function kvRow(key: Uint8Array, value: Uint8Array | undefined, revision: number): ChunkRow {
  return {
    key: rowKey(namespaces.kv, key),
    value: encodeKvValue({ value, createRevision: revision, revision, version: value === undefined ? 0 : 1 }),
  };
}

/** All rows of links with what belongs to them, as a shard stores them. */
export function rowsOfLinks(links: readonly Link[]): ChunkRow[] {
  return sortedRows(
    links.flatMap((link) => {
      const { code, creatorId, createRevision, expiresAtMs } = link;
      const suffix = linkSuffix(code);
      const value = encodeIndexRow(suffix);
      const creator = creatorIndexSuffix(utf8(creatorId), createRevision);
      const byCreator = { key: rowKey(namespaces.linkByCreator, creator), value };
      if (expiresAtMs === undefined) return [linkRow(link), byCreator];
      const byExpiry = { key: rowKey(namespaces.linkByExpiry, expiryIndexSuffix(expiresAtMs, suffix)), value };
      return [linkRow(link), byCreator, byExpiry];
    }),
  );
}

const digits = '0123456789abcdefghijklmnopqrstuvwxyz';

const vocabulary = 2500;
const syllables = 'ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu'.split(' ');

/** One of the words that URLs are made of. */
function word(i: number): string {
  return [i, i * 7, i * 31 + 5, i * 101 + 3].map((n) => syllables[n % syllables.length]).join('') + String(i % 9);
}

/** Links as a cluster would have them: rising revisions and times, random codes. The same ones for the same seed. */
export function plausibleLinks(count: number, seed = 1): Link[] {
  let state = seed;
  const random = (bound: number): number => {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
  let timeMs = Date.UTC(2026, 0, 1);
  return Array.from({ length: count }, (_, i) => {
    timeMs += random(60_000);
    const isChanged = random(20) === 0;
    return {
      code: random(10) === 0 ? `Custom-${i}` : Array.from({ length: 8 }, () => digits[random(36)]).join(''),
      url: `https://example.com/articles/${word(random(vocabulary))}-${word(random(vocabulary))}/${random(1000)}`,
      creatorId: `creator-${random(50)}`,
      createdAtMs: timeMs,
      updatedAtMs: isChanged ? timeMs + random(1_000_000) : timeMs,
      expiresAtMs: random(5) === 0 ? timeMs + 86_400_000 * random(100) : undefined,
      disabled: random(30) === 0,
      createRevision: i + 1,
      revision: isChanged ? i + 1 + random(1000) : i + 1,
    };
  });
}

const small = fc.nat({ max: 2000 });
const number = fc.oneof(small, fc.maxSafeNat());
const code = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[0-9a-z]{8}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[0-9a-z]{1,12}$/) },
  { weight: 2, arbitrary: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }) },
);
const url = fc.oneof(
  { weight: 6, arbitrary: fc.webUrl() },
  { weight: 1, arbitrary: fc.string({ maxLength: 40, unit: 'binary' }) },
);

const link: fc.Arbitrary<Link> = fc
  .record({
    code,
    url,
    creatorId: fc.oneof(fc.constantFrom('a', 'bob', 'carol'), fc.string({ maxLength: 20 })),
    createdAtMs: number,
    age: fc.oneof(fc.constant(0), small),
    expiresAtMs: fc.option(number, { nil: undefined }),
    disabled: fc.boolean(),
    createRevision: number,
    changes: fc.oneof(fc.constant(0), small),
  })
  .filter(
    (one) => Number.isSafeInteger(one.createdAtMs + one.age) && Number.isSafeInteger(one.createRevision + one.changes),
  )
  .map(({ age, changes, ...one }) => ({
    ...one,
    updatedAtMs: one.createdAtMs + age,
    revision: one.createRevision + changes,
  }));

/** Rows of links, alive and dead. */
export const linkRows: fc.Arbitrary<ChunkRow[]> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: link.map(linkRow) },
      {
        weight: 1,
        arbitrary: fc.tuple(code, number, number).map(([name, revision, time]) => deadRow(name, revision, time)),
      },
    ),
    { maxLength: 60 },
  )
  .map(sortedRows);

const indexValue = fc.oneof(
  code.map((name) => encodeIndexRow(linkSuffix(name))),
  fc.constant(indexTombstone),
);
const indexRow: fc.Arbitrary<ChunkRow> = fc.oneof(
  fc.record({
    key: fc
      .tuple(fc.constantFrom('a', 'bob'), number)
      .map(([creator, revision]) => rowKey(namespaces.linkByCreator, creatorIndexSuffix(utf8(creator), revision))),
    value: indexValue,
  }),
  fc.record({
    key: fc
      .tuple(number, code)
      .map(([time, name]) => rowKey(namespaces.linkByExpiry, expiryIndexSuffix(time, linkSuffix(name)))),
    value: indexValue,
  }),
);

const pair: fc.Arbitrary<ChunkRow> = fc
  .tuple(
    fc.uint8Array({ minLength: 1, maxLength: 30 }),
    fc.option(fc.uint8Array({ maxLength: 200 }), { nil: undefined }),
    number,
  )
  .map(([key, value, revision]) => kvRow(key, value, revision));

/** Rows of every namespace that a chunk holds. */
export const stateRows: fc.Arbitrary<ChunkRow[]> = fc
  .tuple(linkRows, fc.array(indexRow, { maxLength: 20 }), fc.array(pair, { maxLength: 40 }))
  .map(([links, index, pairs]) => sortedRows([...links, ...index, ...pairs]));
