// SPDX-License-Identifier: Apache-2.0

/** A revision, and about when the shard had it. */
export interface TimelineKnot {
  readonly revision: number;
  readonly timeMs: number;
}

/**
 * Guesses the time of a revision: a shard's revisions and its time rise together, so that a few points of the curve save
 * most of the bytes of every time. Only differences from the guess are stored; a bad guess costs bytes and nothing else.
 */
export class Timeline {
  readonly #revisions: Float64Array;
  readonly #times: Float64Array;

  /** Knots of rising revisions. */
  constructor(knots: readonly TimelineKnot[]) {
    this.#revisions = Float64Array.from(knots, (knot) => knot.revision);
    this.#times = Float64Array.from(knots, (knot) => knot.timeMs);
  }

  get count(): number {
    return this.#revisions.length;
  }

  get memoryBytes(): number {
    return this.#revisions.byteLength + this.#times.byteLength;
  }

  knots(): TimelineKnot[] {
    return Array.from(this.#revisions, (revision, i) => ({ revision, timeMs: this.#times[i] ?? 0 }));
  }

  /** Straight lines between the knots, level ones outside; 0 without knots. In IEEE 754 doubles, in this very order. */
  timeOf(revision: number): number {
    const revisions = this.#revisions;
    const times = this.#times;
    let low = 0;
    let high = revisions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((revisions[middle] ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return times[0] ?? 0;
    const time0 = times[low - 1] ?? 0;
    if (low === revisions.length) return time0;
    const revision0 = revisions[low - 1] ?? 0;
    const slope = ((times[low] ?? 0) - time0) / ((revisions[low] ?? 0) - revision0);
    return time0 + Math.floor((revision - revision0) * slope);
  }
}
