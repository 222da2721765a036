// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { toHex, utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Link } from './commands.ts';
import { decodeIndexRow, encodeIndexRow, indexTombstone } from './index-row.ts';
import { decodeKvValue, encodeKvValue } from './kv-row.ts';
import { decodeLinkRow, encodeDeadLink, encodeLiveLink, isExpired } from './link-row.ts';
import { decodeShardState, encodeShardState, initialShardState, newGeneration } from './shard-state.ts';
import * as arbitraries from './testing/arbitraries.ts';

const halfSafe = fc.integer({ min: 0, max: 2 ** 52 });
const storedLink: fc.Arbitrary<Link> = fc
  .tuple(arbitraries.link, halfSafe, halfSafe, fc.nat(), fc.nat())
  .map(([link, createRevision, createdAtMs, changes, ageMs]) => ({
    ...link,
    createRevision,
    revision: createRevision + changes,
    createdAtMs,
    updatedAtMs: createdAtMs + ageMs,
  }));

describe('a link row', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(storedLink, (link) => {
        expect(decodeLinkRow(link.code, encodeLiveLink(link))).toEqual({ kind: 'live', link });
      }),
    );
  });

  it('has the documented bytes', () => {
    const link: Link = {
      code: 'x',
      url: 'u',
      creatorId: 'c',
      createdAtMs: 5,
      updatedAtMs: 7,
      expiresAtMs: 9,
      disabled: true,
      createRevision: 3,
      revision: 4,
    };
    expect(toHex(encodeLiveLink(link))).toBe('010c030105020901630175');
    expect(toHex(encodeDeadLink({ reason: 'expired', timeMs: 6, revision: 5 }))).toBe('01030506');
  });

  it('of a dead link keeps reason, time and revision', () => {
    for (const reason of ['deleted', 'expired'] as const) {
      const dead = { reason, timeMs: 1_700_000_000_000, revision: 12 };
      expect(decodeLinkRow('x', encodeDeadLink(dead))).toEqual({ kind: 'dead', dead });
    }
  });

  it('with a flag of a later version is refused', () => {
    expect(() => decodeLinkRow('x', Uint8Array.of(1, 0x11, 1, 1))).toThrow(DecodeError);
    expect(() => decodeLinkRow('x', Uint8Array.of(2, 1, 1, 1))).toThrow(DecodeError);
  });

  it('is expired from its very millisecond on', () => {
    const link = { expiresAtMs: 10 } as Link;
    expect([9, 10, 11].map((timeMs) => isExpired(link, timeMs))).toEqual([false, true, true]);
  });
});

describe('a key-value row', () => {
  it('reads what it wrote', () => {
    const row = fc.record({ value: fc.uint8Array(), createRevision: halfSafe, version: fc.integer({ min: 1 }) });
    fc.assert(
      fc.property(row, fc.nat(), (created, changes) => {
        const full = { ...created, revision: created.createRevision + changes };
        expect(decodeKvValue(encodeKvValue(full))).toEqual(full);
      }),
    );
  });

  it('tells a tombstone from an empty value', () => {
    const tombstone = { value: undefined, createRevision: 8, revision: 8, version: 0 };
    expect(decodeKvValue(encodeKvValue(tombstone))).toEqual(tombstone);
    const empty = { value: utf8(''), createRevision: 8, revision: 8, version: 1 };
    expect(decodeKvValue(encodeKvValue(empty))).toEqual(empty);
    expect(() => decodeKvValue(Uint8Array.of(1, 2, 1))).toThrow(DecodeError);
  });
});

describe('an index row', () => {
  it('names its code, and a tombstone names none', () => {
    expect(decodeIndexRow(encodeIndexRow(utf8('docs/a')))).toBe('docs/a');
    expect(decodeIndexRow(indexTombstone)).toBeUndefined();
    expect(() => decodeIndexRow(Uint8Array.of(1, 2))).toThrow(DecodeError);
  });
});

describe('the shard state', () => {
  const numbers = fc.array(fc.maxSafeNat(), { maxLength: 4 });
  const state = fc.record({
    appliedIndex: fc.maxSafeNat(),
    appliedTerm: fc.maxSafeNat(),
    revision: fc.maxSafeNat(),
    timeMs: fc.maxSafeNat(),
    generations: fc
      .array(
        fc.record({
          id: fc.nat(),
          state: fc.constantFrom('sealed', 'exported', 'placed'),
          rows: fc.maxSafeNat(),
          bytes: fc.maxSafeNat(),
          startedAtMs: fc.maxSafeNat(),
        }),
        { maxLength: 3 },
      )
      .map((older) => [newGeneration(9), ...older]),
    chunkSetVersion: fc.maxSafeNat(),
    retiredVersion: fc.maxSafeNat(),
    lifecycleVersion: fc.maxSafeNat(),
    idempotencyEpochs: fc.array(fc.maxSafeNat(), { maxLength: 2 }),
    stateHash: fc.stringMatching(/^[0-9a-f]{16}$/),
    confState: fc.record({
      voters: numbers,
      learners: numbers,
      votersOutgoing: numbers,
      learnersNext: numbers,
      autoLeave: fc.boolean(),
    }),
  });

  it('reads what it wrote, and no part of it', () => {
    fc.assert(
      fc.property(state, fc.nat(), (value, at) => {
        const bytes = encodeShardState(value);
        expect(decodeShardState(bytes)).toEqual(value);
        expect(() => decodeShardState(bytes.subarray(0, at % bytes.length))).toThrow(DecodeError);
      }),
    );
  });

  it('without an active generation is refused', () => {
    const sealed = { ...initialShardState(), generations: [{ ...newGeneration(1), state: 'sealed' as const }] };
    expect(() => decodeShardState(encodeShardState(sealed))).toThrow(DecodeError);
    expect(() => decodeShardState(encodeShardState({ ...sealed, generations: [] }))).toThrow(DecodeError);
  });
});
