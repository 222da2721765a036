// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';

const FULL_WORD = 0xffffffff;

/**
 * The set of operations that a search has placed, as a bitset of completed operations (numbered by invocation)
 * and one of pending operations. It knows the window of words outside of which the completed bits are all ones
 * (the past) or all zeros (the future), so that remembering a set costs as much as its concurrency, not its history.
 */
export interface PlacedSet {
  readonly completedCount: number;
  readonly completed: Uint32Array;
  readonly pending: Uint32Array;
  /** The first word of `completed` that is not all ones. */
  lowWord: number;
  /** One past the last word of `completed` that is not zero, but at least `lowWord`. */
  endWord: number;
  /** Of the completed operations only: sets that differ in pending operations are compared one by one. */
  hash: number;
}

export function createPlacedSet(completedCount: number, pendingCount: number): PlacedSet {
  return {
    completedCount,
    completed: new Uint32Array((completedCount + 31) >>> 5),
    pending: new Uint32Array((pendingCount + 31) >>> 5),
    lowWord: 0,
    endWord: 0,
    hash: 0,
  };
}

/** Adds or removes an operation. Completed operations have numbers below `completedCount`, pending ones follow. */
export function togglePlaced(set: PlacedSet, operation: number): void {
  if (operation >= set.completedCount) {
    flip(set.pending, operation - set.completedCount);
    return;
  }
  flip(set.completed, operation);
  set.hash ^= scramble(operation + 1);
  const word = operation >>> 5;
  if (word < set.lowWord) set.lowWord = word;
  while (set.completed[set.lowWord] === FULL_WORD) set.lowWord++;
  if (word >= set.endWord) set.endWord = word + 1;
  while (set.endWord > set.lowWord && set.completed[set.endWord - 1] === 0) set.endWord--;
  if (set.endWord < set.lowWord) set.endWord = set.lowWord;
}

export function isPendingPlaced(set: PlacedSet, operation: number): boolean {
  const bit = operation - set.completedCount;
  return (defined(set.pending[bit >>> 5], 'pending word') & (1 << (bit & 31))) !== 0;
}

function flip(words: Uint32Array, bit: number): void {
  const word = bit >>> 5;
  words[word] = defined(words[word], 'word of the bitset') ^ (1 << (bit & 31));
}

/** The finaliser of MurmurHash3: a fixed random-looking number per operation makes the set's hash their XOR (Zobrist hashing). */
export function scramble(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
