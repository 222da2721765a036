// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';
import type { KubeApi } from '../../ports/kube-api.ts';
import { Elector } from '../leader/elector.ts';
import type { Leadership } from '../leader/elector.ts';
import { leases, readLease } from '../leader/lease.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryKubeApi } from './memory-kube-api.ts';
import { RecordingLogger, RecordingMetrics } from './recorders.ts';
import { seededRandom } from './seeded-random.ts';

export const leaseKey = { namespace: 'ns', name: 'operator' };

export interface Candidate {
  readonly elector: Elector;
  readonly metrics: RecordingMetrics;
  readonly elected: Leadership[];
  readonly lost: string[];
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
}

/** Candidates for one lease, on one API server in memory. */
export class ElectionRig {
  readonly api = new MemoryKubeApi();
  readonly clock = new ManualClock();
  readonly candidates: Candidate[] = [];

  /** `skewMs`: of its wall clock; `earlyMs`: of its timers; `api`: how it sees the server. */
  join(
    identity: string,
    options: { readonly skewMs?: number; readonly earlyMs?: number; readonly api?: KubeApi } = {},
  ): Candidate {
    const metrics = new RecordingMetrics();
    const elected: Leadership[] = [];
    const lost: string[] = [];
    const clock: Clock = {
      nowMs: () => this.clock.nowMs() + (options.skewMs ?? 0),
      monotonicMs: () => this.clock.monotonicMs(),
      after: (delayMs, run) => this.clock.after(delayMs > 1 ? delayMs - (options.earlyMs ?? 0) : delayMs, run),
    };
    const elector = new Elector({
      api: options.api ?? this.api,
      lease: leaseKey,
      identity,
      clock,
      random: seededRandom(this.candidates.length + 1),
      metrics,
      logger: new RecordingLogger(),
      onElected: (leadership) => elected.push(leadership),
      onLost: (reason) => lost.push(reason),
    });
    const stopping = new AbortController();
    const candidate = { elector, metrics, elected, lost, stopping, ended: elector.run(stopping.signal) };
    this.candidates.push(candidate);
    return candidate;
  }

  get lease() {
    const [lease] = this.api.objects(leases);
    return lease === undefined ? undefined : readLease(lease);
  }

  async stop(): Promise<void> {
    this.api.before = () => {};
    for (const { stopping } of this.candidates) stopping.abort(new Error('stopped'));
    await this.clock.advance(20_000);
    await Promise.all(this.candidates.map(async ({ ended }) => ended));
  }
}
