// SPDX-License-Identifier: Apache-2.0
import { compareBytes, toHex, utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  creatorIndexSuffix,
  expiryIndexSuffix,
  generationKey,
  generationRange,
  getUint64,
  idempotencyKey,
  idempotencyRangeBefore,
  keySuffix,
  linkSuffix,
  namespaces,
  rebaseKey,
  shardPrefixRanges,
  shardStateKey,
  stateHashKey,
} from './keys.ts';
import type { StateRange } from './state-reader.ts';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const namespace = fc.constantFrom(...Object.values(namespaces));

function contains(range: StateRange, key: Uint8Array): boolean {
  return compareBytes(range.gte, key) <= 0 && compareBytes(key, range.lt) < 0;
}

describe('keys', () => {
  it('have the documented bytes', () => {
    const scope = { shard: 0x0102, slot: 0x0304 };
    expect(toHex(generationKey(namespaces.link, scope, 1, linkSuffix('ab')))).toBe('100000010200000304000000016162');
    expect(toHex(shardStateKey(scope))).toBe('01000001020000030400000000');
    expect(toHex(stateHashKey(scope, 5))).toBe('0200000102000003040000000000000005');
    expect(toHex(idempotencyKey(scope, 6, Uint8Array.of(7)))).toBe('03000001020000030400000000000000000000000607');
    expect(toHex(creatorIndexSuffix(utf8('ada'), 2))).toBe('036164610000000000000002');
    expect(toHex(expiryIndexSuffix(0x1_0000_0001, utf8('z')))).toBe('00000001000000017a');
  });

  it('of one copy of a shard lie in its ranges and in no other one’s', () => {
    fc.assert(
      fc.property(
        namespace,
        uint32,
        uint32,
        uint32,
        uint32,
        fc.uint8Array(),
        (ns, shard, slot, otherSlot, gen, suffix) => {
          const key = generationKey(ns, { shard, slot }, gen, suffix);
          const holding = shardPrefixRanges(shard, slot).filter((range) => contains(range, key));
          expect(holding).toHaveLength(1);
          if (otherSlot === slot) return;
          expect(shardPrefixRanges(shard, otherSlot).some((range) => contains(range, key))).toBe(false);
        },
      ),
    );
  });

  it('move to another slot and keep everything else', () => {
    fc.assert(
      fc.property(namespace, uint32, uint32, uint32, fc.uint8Array(), (ns, shard, slot, other, suffix) => {
        const key = generationKey(ns, { shard, slot }, 1, suffix);
        expect(rebaseKey(key, other)).toEqual(generationKey(ns, { shard, slot: other }, 1, suffix));
        expect(keySuffix(key)).toEqual(suffix);
      }),
    );
  });

  it('keep the rows of a creator together, in the order of revisions', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        expect(Math.sign(compareBytes(creatorIndexSuffix(utf8('x'), a), creatorIndexSuffix(utf8('x'), b)))).toBe(
          Math.sign(a - b),
        );
        const suffix = creatorIndexSuffix(utf8('x'), a);
        expect(getUint64(suffix, suffix.length - 8)).toBe(a);
      }),
    );
    const prefix = (text: string) => toHex(creatorIndexSuffix(utf8(text), 0)).slice(0, -16);
    expect(prefix('ab').startsWith(prefix('a'))).toBe(false);
  });

  it('of a dropped epoch do not cover the rows of a live one', () => {
    const scope = { shard: 1, slot: 1 };
    const range = idempotencyRangeBefore(scope, 500);
    expect(contains(range, idempotencyKey(scope, 499, new Uint8Array(16).fill(255)))).toBe(true);
    expect(contains(range, idempotencyKey(scope, 0, new Uint8Array(16)))).toBe(true);
    expect(contains(range, idempotencyKey(scope, 500, new Uint8Array(16)))).toBe(false);
    expect(contains(range, shardStateKey(scope))).toBe(false);
  });

  it('of one generation do not reach into the next one', () => {
    const scope = { shard: 1, slot: 1 };
    const range = generationRange(namespaces.kv, scope, 255);
    expect(contains(range, generationKey(namespaces.kv, scope, 255, utf8('k')))).toBe(true);
    expect(contains(range, generationKey(namespaces.kv, scope, 256, utf8('')))).toBe(false);
  });
});
