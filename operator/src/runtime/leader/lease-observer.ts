// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../ports/kube-api.ts';
import { readLease } from './lease.ts';
import type { LeaseRecord } from './lease.ts';

const msPerSecond = 1000;
// A holder may ask for more time than we would, within reason: a typing error must not stop everything for a year.
const longestLeaseMs = 600_000;

interface Observed {
  readonly fingerprint: string;
  readonly record: LeaseRecord;
  readonly atMs: number;
}

/**
 * Whether a lease has run out, judged only by when it was last seen to change, on the clock of this process: the times in
 * the lease are those of another machine's clock.
 */
export class LeaseObserver {
  readonly #leaseDurationMs: number;
  #observed: Observed | undefined;

  constructor(leaseDurationMs: number) {
    this.#leaseDurationMs = leaseDurationMs;
  }

  get record(): LeaseRecord | undefined {
    return this.#observed?.record;
  }

  /** `nowMs`: after the answer came, so that the holder is given too much time rather than too little. */
  observe(lease: KubeObject, nowMs: number): LeaseRecord {
    const record = readLease(lease);
    const fingerprint = JSON.stringify([lease.metadata.uid, record]);
    if (fingerprint !== this.#observed?.fingerprint) this.#observed = { fingerprint, record, atMs: nowMs };
    return record;
  }

  /** How long the holder must be left alone yet; 0 when nobody holds the lease. */
  remainingMs(nowMs: number): number {
    if (this.#observed === undefined || this.#observed.record.holder === '') return 0;
    const { atMs, record } = this.#observed;
    const wantedMs = Math.min(record.durationSeconds * msPerSecond, longestLeaseMs);
    return Math.max(0, atMs + Math.max(wantedMs, this.#leaseDurationMs) - nowMs);
  }
}
