// SPDX-License-Identifier: Apache-2.0
import { place } from './place.ts';
import { buildRing } from './ring.ts';
import type { RingMember } from './ring.ts';

/** Enough to tell a share to about one percent. */
const sampleChunks = 1000;
const sampleCopies = 2;

/** Beyond the ideal, for the luck of ids (design §5). */
const allowance = 0.05;

export interface MovedShare {
  /** Of all copies of chunks. */
  readonly movedShare: number;
  /** What one node more or less, of equal weights and zones, may move at most. */
  readonly bound: number;
}

/** What a change of the ring moves, by a sample of chunks. Undefined where one of the rings has no members. */
export function movedShare(before: readonly RingMember[], after: readonly RingMember[]): MovedShare | undefined {
  if (before.length === 0 || after.length === 0) return undefined;
  const [old, now] = [buildRing(0, before), buildRing(0, after)];
  let moved = 0;
  let copies = 0;
  for (let i = 0; i < sampleChunks; i++) {
    const had = place(old, `sample/${i}`, sampleCopies);
    const has = place(now, `sample/${i}`, sampleCopies);
    copies += has.length;
    moved += has.filter((node) => !had.includes(node)).length;
  }
  return { movedShare: moved / copies, bound: 1 / Math.max(before.length, after.length) + allowance };
}
