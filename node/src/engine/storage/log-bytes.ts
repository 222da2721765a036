// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';

interface Segment {
  readonly firstIndex: number;
  bytes: number;
}

/** A segment ends when it has grown to this: how exactly the log can be cut by bytes. */
const segmentBytes = 16 * 1024;

/** How many bytes of log lie behind an index, roughly: in segments, and too many rather than too few. */
export class LogBytes {
  /** By index; each reaches to the next one. */
  #segments: Segment[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(index: number, bytes: number): void {
    const last = this.#segments.at(-1);
    if (last === undefined || last.bytes >= segmentBytes) this.#segments.push({ firstIndex: index, bytes });
    else last.bytes += bytes;
    this.#total += bytes;
  }

  /** The entries from `index` on are replaced. */
  dropFrom(index: number): void {
    while ((this.#segments.at(-1)?.firstIndex ?? -1) >= index)
      this.#total -= defined(this.#segments.pop(), 'segment').bytes;
  }

  /** The entries up to `index` are forgotten. */
  dropUpTo(index: number): void {
    this.#total -= this.upTo(index);
    this.#segments = this.#segments.slice(this.#wholeUpTo(index));
  }

  /** Of the segments that end at `index` or before. */
  upTo(index: number): number {
    let bytes = 0;
    for (let i = this.#wholeUpTo(index) - 1; i >= 0; i--) bytes += this.#segments[i]?.bytes ?? 0;
    return bytes;
  }

  /** The lowest index behind which there are at most so many bytes. */
  indexBehind(maxBytes: number): number {
    let bytes = 0;
    // Asked for with every entry while a follower needs a log that is too large: no copies.
    for (let i = this.#segments.length - 1; i >= 0; i--) {
      bytes += this.#segments[i]?.bytes ?? 0;
      if (bytes > maxBytes) return this.#firstIndexAt(i + 1) - 1;
    }
    return 0;
  }

  /** The last segment is still growing. */
  #wholeUpTo(index: number): number {
    let whole = 0;
    while (whole < this.#segments.length && this.#firstIndexAt(whole + 1) <= index + 1) whole++;
    return whole;
  }

  /** Behind the last segment there is no end. */
  #firstIndexAt(place: number): number {
    return this.#segments[place]?.firstIndex ?? Infinity;
  }
}
