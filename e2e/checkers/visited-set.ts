// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { PlacedSet } from './placed-set.ts';
import { scramble } from './placed-set.ts';

const NEXT = 0;
const HASH = 1;
const STATE = 2;
const LOW_WORD = 3;
const WORDS = 4;
const HEADER_WORDS = 5;
/** Index 0 of the arena is never an entry, so that it can end a chain. */
const FIRST_ENTRY = 1;
const INITIAL_ARENA_WORDS = 1 << 10;
const INITIAL_BUCKETS = 1 << 8;
/** 2^32 divided by the golden ratio spreads consecutive numbers (Knuth, multiplicative hashing). */
export const STATE_FACTOR = 0x9e3779b1;
/** A typed array's byte length must stay within what every supported engine can allocate. */
const MAX_ARENA_WORDS = 1 << 29;

/** The configurations that a search has been in: hash chains of entries packed into one array of 32-bit words. */
export interface VisitedSet {
  readonly maxBytes: number;
  arena: Uint32Array;
  buckets: Uint32Array;
  usedWords: number;
  entryCount: number;
  /** Entries looked at so far, which the search counts as work. */
  comparisons: number;
}

export function createVisitedSet(maxBytes: number): VisitedSet {
  return {
    maxBytes,
    arena: new Uint32Array(INITIAL_ARENA_WORDS),
    buckets: new Uint32Array(INITIAL_BUCKETS),
    usedWords: FIRST_ENTRY,
    entryCount: 0,
    comparisons: 0,
  };
}

/**
 * Remembers the configuration (`placed`, `stateId`).
 * 'seen' when a remembered one has the same state, the same completed operations and no pending operation more: whatever
 * can still succeed from here can succeed from there, because a pending operation need never take effect.
 * 'full' when `maxBytes` does not allow another entry; nothing is remembered then.
 */
export function visit(set: VisitedSet, placed: PlacedSet, stateId: number): 'new' | 'seen' | 'full' {
  const hash = scramble(placed.hash ^ Math.imul(stateId + 1, STATE_FACTOR)) >>> 0;
  let entry = wordAt(set.buckets, hash & (set.buckets.length - 1));
  while (entry !== 0) {
    set.comparisons++;
    if (wordAt(set.arena, entry + HASH) === hash && subsumes(set.arena, entry, placed, stateId)) return 'seen';
    entry = wordAt(set.arena, entry + NEXT);
  }
  return append(set, placed, stateId, hash) ? 'new' : 'full';
}

function subsumes(arena: Uint32Array, entry: number, placed: PlacedSet, stateId: number): boolean {
  const words = placed.endWord - placed.lowWord;
  if (arena[entry + STATE] !== stateId || arena[entry + LOW_WORD] !== placed.lowWord || arena[entry + WORDS] !== words)
    return false;
  let at = entry + HEADER_WORDS;
  for (let word = placed.lowWord; word < placed.endWord; word++) {
    if (arena[at++] !== placed.completed[word]) return false;
  }
  for (const word of placed.pending) {
    if ((wordAt(arena, at++) & ~word) !== 0) return false;
  }
  return true;
}

function append(set: VisitedSet, placed: PlacedSet, stateId: number, hash: number): boolean {
  const words = placed.endWord - placed.lowWord;
  const needed = set.usedWords + HEADER_WORDS + words + placed.pending.length;
  if (needed > set.arena.length && !growArena(set, needed)) return false;
  if (set.entryCount >= set.buckets.length) growBuckets(set);
  const { arena } = set;
  const entry = set.usedWords;
  const bucket = hash & (set.buckets.length - 1);
  arena[entry + NEXT] = wordAt(set.buckets, bucket);
  arena[entry + HASH] = hash;
  arena[entry + STATE] = stateId;
  arena[entry + LOW_WORD] = placed.lowWord;
  arena[entry + WORDS] = words;
  arena.set(placed.completed.subarray(placed.lowWord, placed.endWord), entry + HEADER_WORDS);
  arena.set(placed.pending, entry + HEADER_WORDS + words);
  set.buckets[bucket] = entry;
  set.usedWords = needed;
  set.entryCount++;
  return true;
}

function growArena(set: VisitedSet, neededWords: number): boolean {
  const maxWords = Math.min(MAX_ARENA_WORDS, Math.floor(set.maxBytes / 4) - set.buckets.length);
  if (neededWords > maxWords) return false;
  const grown = new Uint32Array(Math.min(maxWords, Math.max(neededWords, set.arena.length * 2)));
  grown.set(set.arena.subarray(0, set.usedWords));
  set.arena = grown;
  return true;
}

/** Doubles the buckets, unless that would pass the limit: longer chains are slower, but nothing is lost. */
function growBuckets(set: VisitedSet): void {
  const size = set.buckets.length * 2;
  if ((set.arena.length + size) * 4 > set.maxBytes) return;
  const old = set.buckets;
  const grown = new Uint32Array(size);
  for (const head of old) {
    for (let entry = head; entry !== 0;) {
      const next = wordAt(set.arena, entry + NEXT);
      const bucket = wordAt(set.arena, entry + HASH) & (size - 1);
      set.arena[entry + NEXT] = wordAt(grown, bucket);
      grown[bucket] = entry;
      entry = next;
    }
  }
  set.buckets = grown;
}

function wordAt(words: Uint32Array, index: number): number {
  return defined(words[index], 'word of the visited set');
}
