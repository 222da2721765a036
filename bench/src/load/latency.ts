// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';

/** Buckets per power of two: a percentile is at most 1/64 above the true one. */
const subBuckets = 64;
const subBucketBits = 6;
/** 2^26 µs is 67 s: longer than any time-out of the clients. */
const maxExponent = 26;

/** Counts of latencies in buckets that grow with the latency, as HdrHistogram has them: its size does not depend on how much it saw. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(subBuckets * (maxExponent - subBucketBits + 2));
  #total = 0;

  get total(): number {
    return this.#total;
  }

  record(latencyMs: number): void {
    const index = Math.min(bucketOf(Math.max(0, Math.round(latencyMs * 1000))), this.#counts.length - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total++;
  }

  add(other: LatencyHistogram): void {
    for (const [i, count] of other.#counts.entries()) this.#counts[i] = (this.#counts[i] ?? 0) + count;
    this.#total += other.#total;
  }

  /** The latency in ms that `percent` of all stayed at or below; 0 when nothing was recorded. */
  percentileMs(percent: number): number {
    assert(percent > 0 && percent <= 100, `there is no percentile ${percent}`);
    let left = Math.ceil((this.#total * percent) / 100);
    if (left === 0) return 0;
    for (const [i, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return lastOfBucket(i) / 1000;
    }
    return lastOfBucket(this.#counts.length - 1) / 1000;
  }
}

/** Up to 2 × subBuckets every microsecond has a bucket of its own; beyond, the leading seven bits choose it. */
function bucketOf(micros: number): number {
  if (micros < subBuckets * 2) return micros;
  const shift = Math.floor(Math.log2(micros)) - subBucketBits;
  return subBuckets * shift + Math.floor(micros / 2 ** shift);
}

function lastOfBucket(index: number): number {
  if (index < subBuckets * 2) return index;
  const shift = Math.floor(index / subBuckets) - 1;
  return (index - subBuckets * shift + 1) * 2 ** shift - 1;
}
