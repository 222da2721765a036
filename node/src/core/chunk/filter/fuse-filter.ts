// SPDX-License-Identifier: Apache-2.0
import { assert, InvariantError } from '@shortlink/common/assert.ts';
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { chunkLimits } from '../chunk-limits.ts';
import { mix32, type KeyHash } from './key-hash.ts';

// Binary fuse filters with fingerprints of eight bits (Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor
// Filters", 2022): about 9 to 9.5 bits a key, and 1 of 256 absent keys passes.

/** Slots are in segments; the three slots of a key lie in three neighbouring ones. */
interface Shape {
  /** log2 of the slots of a segment. */
  readonly segmentBits: number;
  /** Segments in which the first slot of a key may lie; there are two more. */
  readonly segments: number;
}

const arity = 3;
const segmentBitsMax = 16;
/** Tries of each shape. */
const attemptsMax = 32;
/** More slots a key than these would be more than ten bits. */
const slotsPerKeyMax = 1.25;
/** Of an encoded filter, before its slots. */
const headBytes = 5;

interface Hashes {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
}

/** Slots of a key under one seed, and what they must add up to. */
interface Place {
  readonly slot0: number;
  readonly slot1: number;
  readonly slot2: number;
  readonly fingerprint: number;
}

/** Tells of a set of keys that never changes whether a key is perhaps in it. */
export class FuseFilter {
  readonly #shape: Shape;
  readonly #seed: number;
  readonly #slots: Uint8Array;

  private constructor(shape: Shape, seed: number, slots: Uint8Array) {
    this.#shape = shape;
    this.#seed = seed;
    this.#slots = slots;
  }

  /** A filter of keys, each at the same place of both arrays. Equal inputs give equal filters. */
  static of(first: Uint32Array, second: Uint32Array): FuseFilter {
    const keys = first.length;
    assert(keys > 0 && keys <= chunkLimits.filterSegmentMaxKeys, `filter of ${keys} keys`);
    let hashes: Hashes = { first, second };
    let mayHaveTwins = true;
    for (const shape of shapesOf(keys)) {
      for (let seed = 0; seed < attemptsMax; seed++) {
        const slots = assign(hashes, shape, seed);
        if (slots !== undefined) return new FuseFilter(shape, seed, slots);
        // Keys whose hashes are equal, which somebody may choose on purpose, can never be assigned.
        if (mayHaveTwins) hashes = withoutTwins(hashes);
        mayHaveTwins = false;
      }
    }
    throw new InvariantError(`no filter of ${keys} keys in any shape`);
  }

  /** @throws DecodeError */
  static decode(bytes: Uint8Array): FuseFilter {
    const reader = new ByteReader(bytes);
    const segmentBits = reader.uint8();
    const segments = reader.varint();
    const seed = reader.uint8();
    if (segmentBits > segmentBitsMax || segments < 1 || seed >= attemptsMax) throw new DecodeError('shape of a filter');
    const slots = reader.raw(reader.remaining);
    const expected = slotCount({ segmentBits, segments });
    if (slots.length !== expected) throw new DecodeError(`filter of ${slots.length} slots instead of ${expected}`);
    return new FuseFilter({ segmentBits, segments }, seed, slots);
  }

  encode(): Uint8Array {
    const { segmentBits, segments } = this.#shape;
    return new ByteWriter().uint8(segmentBits).varint(segments).uint8(this.#seed).raw(this.#slots).finish();
  }

  /** False: the key is not in the set. */
  mayContain({ first, second }: KeyHash): boolean {
    const slots = this.#slots;
    const place = placeOf(first, second, this.#shape, this.#seed);
    const sum = (slots[place.slot0] ?? 0) ^ (slots[place.slot1] ?? 0) ^ (slots[place.slot2] ?? 0);
    return sum === place.fingerprint;
  }
}

/**
 * The shapes to try, the smallest ones first. The last one has the sizes that the paper found to succeed nearly always;
 * for few keys, smaller ones succeed now and then, and filters of few keys are built in no time.
 */
function shapesOf(keys: number): Shape[] {
  const segmentBits = Math.min(segmentBitsMax, Math.max(2, Math.floor(Math.log(keys) / Math.log(3.33) + 2.25)));
  const factor = keys < 2 ? 4 : Math.max(1.125, 0.875 + (0.25 * Math.log(1_000_000)) / Math.log(keys));
  const safe = { segmentBits, segments: Math.max(1, Math.ceil((keys * factor) / 2 ** segmentBits) - (arity - 1)) };
  const slotsMax = keys * slotsPerKeyMax - headBytes;
  const tight = [segmentBits, segmentBits - 1, segmentBits - 2]
    .map((bits) => ({ segmentBits: bits, segments: Math.floor(slotsMax / 2 ** bits) - (arity - 1) }))
    .filter((shape) => shape.segmentBits > 0 && shape.segments > 0);
  return slotCount(safe) <= slotsMax ? [safe] : [...tight, safe];
}

function slotCount({ segmentBits, segments }: Shape): number {
  return (segments + arity - 1) * 2 ** segmentBits;
}

function placeOf(first: number, second: number, shape: Shape, seed: number): Place {
  const { segmentBits, segments } = shape;
  const a = mix32(first ^ Math.imul(seed + 1, 0x9e37_79b1));
  const b = mix32(second ^ a);
  const mask = 2 ** segmentBits - 1;
  const slot0 = Math.floor((a * segments * 2 ** segmentBits) / 0x1_0000_0000);
  const slot1 = (slot0 + mask + 1) ^ (b & mask);
  const slot2 = (slot0 + 2 * (mask + 1)) ^ ((b >>> 16) & mask);
  return { slot0, slot1, slot2, fingerprint: mix32(a + b) & 0xff };
}

/**
 * Values of the slots, so that the three of each key add up to its fingerprint. Takes away, again and again, a key that
 * has a slot for itself; in the opposite order each key finds that slot free. Undefined when keys are left over.
 */
function assign({ first, second }: Hashes, shape: Shape, seed: number): Uint8Array | undefined {
  const placeOfKey = (key: number): Place => placeOf(first[key] ?? 0, second[key] ?? 0, shape, seed);
  const size = slotCount(shape);
  const uses = new Uint32Array(size);
  /** All keys of a slot, added up: the key itself where there is one. */
  const keysOf = new Uint32Array(size);
  const free: number[] = [];
  const change = (slot: number, key: number, by: number): void => {
    keysOf[slot] = (keysOf[slot] ?? 0) ^ key;
    uses[slot] = (uses[slot] ?? 0) + by;
  };
  for (let key = 0; key < first.length; key++) {
    const { slot0, slot1, slot2 } = placeOfKey(key);
    for (const slot of [slot0, slot1, slot2]) change(slot, key, 1);
  }
  for (let slot = 0; slot < size; slot++) if (uses[slot] === 1) free.push(slot);
  const order: { readonly key: number; readonly slot: number }[] = [];
  for (let slot = free.pop(); slot !== undefined; slot = free.pop()) {
    if (uses[slot] !== 1) continue;
    const key = keysOf[slot] ?? 0;
    order.push({ key, slot });
    const { slot0, slot1, slot2 } = placeOfKey(key);
    for (const other of [slot0, slot1, slot2]) {
      change(other, key, -1);
      if (uses[other] === 1) free.push(other);
    }
  }
  if (order.length < first.length) return undefined;
  const slots = new Uint8Array(size);
  for (const { key, slot } of order.reverse()) {
    const { slot0, slot1, slot2, fingerprint } = placeOfKey(key);
    slots[slot] = fingerprint ^ (slots[slot0] ?? 0) ^ (slots[slot1] ?? 0) ^ (slots[slot2] ?? 0);
  }
  return slots;
}

function withoutTwins({ first, second }: Hashes): Hashes {
  const seen = new Map<number, Set<number>>();
  const kept: number[] = [];
  for (const [key, word] of first.entries()) {
    const others = seen.get(word);
    const other = second[key] ?? 0;
    if (others?.has(other) === true) continue;
    if (others === undefined) seen.set(word, new Set([other]));
    else others.add(other);
    kept.push(key);
  }
  return {
    first: Uint32Array.from(kept, (key) => first[key] ?? 0),
    second: Uint32Array.from(kept, (key) => second[key] ?? 0),
  };
}
