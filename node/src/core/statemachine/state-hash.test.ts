// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generationKey, namespaces, rebaseKey } from './keys.ts';
import { absorbEffect, formatStateHash, initialStateHash, openStateHash } from './state-hash.ts';

type Effect = readonly [key: Uint8Array, value: Uint8Array | undefined];

function hashOf(effects: readonly Effect[], start = initialStateHash): string {
  const hasher = openStateHash(start);
  for (const [key, value] of effects) absorbEffect(hasher, key, value);
  return formatStateHash(hasher);
}

const scope = { shard: 1, slot: 3 };
const keyOf = (suffix: string) => generationKey(namespaces.kv, scope, 1, utf8(suffix));
const effect: fc.Arbitrary<Effect> = fc.tuple(
  fc.string({ maxLength: 6 }).map(keyOf),
  fc.option(fc.uint8Array({ maxLength: 6 }), { nil: undefined }),
);
const effects = fc.array(effect, { maxLength: 6 });

describe('the state hash', () => {
  it('keeps its function from version to version', () => {
    expect(hashOf([])).toBe('811c9dc59e3779b9');
    expect(hashOf([[keyOf('a'), utf8('1')]])).toBe('44ff3bdbeed5272b');
    expect(hashOf([[keyOf('a'), undefined]])).toBe('0b1f0cb63caa9723');
  });

  it('continues from its text as if it had never been written down', () => {
    fc.assert(
      fc.property(effects, effects, (first, second) => {
        expect(hashOf(second, hashOf(first))).toBe(hashOf([...first, ...second]));
      }),
    );
  });

  it('does not depend on the slot', () => {
    fc.assert(
      fc.property(effects, fc.nat(), (list, slot) => {
        expect(hashOf(list.map(([key, value]): Effect => [rebaseKey(key, slot), value]))).toBe(hashOf(list));
      }),
    );
  });

  it('differs when one byte of one effect differs', () => {
    fc.assert(
      fc.property(effects, fc.uint8Array({ minLength: 1 }), fc.nat(), effects, (before, value, at, after) => {
        const changed = value.slice();
        const place = at % value.length;
        changed[place] = (changed[place] ?? 0) ^ 1;
        const key = keyOf('k');
        expect(hashOf([...before, [key, changed], ...after])).not.toBe(hashOf([...before, [key, value], ...after]));
      }),
    );
  });

  it('differs with the order of effects, and with bytes on the other side of a border', () => {
    const a: Effect = [keyOf('a'), utf8('1')];
    const b: Effect = [keyOf('b'), utf8('2')];
    expect(hashOf([a, b])).not.toBe(hashOf([b, a]));
    expect(hashOf([[keyOf('ab'), utf8('c')]])).not.toBe(hashOf([[keyOf('a'), utf8('bc')]]));
    expect(hashOf([[keyOf('a'), utf8('')]])).not.toBe(hashOf([[keyOf('a'), undefined]]));
  });

  it('has 64 bits that look random: no two of many short histories share a lane', () => {
    const hashes = Array.from({ length: 5000 }, (_, i) => hashOf([[keyOf(`key ${i}`), utf8(`value ${i * 7}`)]]));
    expect(new Set(hashes).size).toBe(hashes.length);
    // By the birthday bound, 5,000 values of 32 random bits collide 0.003 times.
    expect(new Set(hashes.map((hash) => hash.slice(0, 8))).size).toBeGreaterThan(4995);
    expect(new Set(hashes.map((hash) => hash.slice(8))).size).toBeGreaterThan(4995);
  });

  it('is not opened from other text', () => {
    expect(() => openStateHash('811c9dc59e3779b')).toThrow(DecodeError);
    expect(() => openStateHash('811C9DC59E3779B9')).toThrow(DecodeError);
  });
});
