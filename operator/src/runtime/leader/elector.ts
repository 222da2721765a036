// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { KubeApi, ObjectKey } from '../../ports/kube-api.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Random } from '../../ports/random.ts';
import type { RuntimeMetrics } from '../metrics.ts';
import { reasonOf, sleep } from '../waiting.ts';
import { LeaseClient } from './lease-client.ts';
import { watchEventLoop } from './watchdog.ts';

/** client-go's times: how long others wait for a holder that is silent, when a holder gives up, how often it renews. */
export const defaultElectionTimes = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 } as const;

export interface ElectionTimes {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

export interface ElectorOptions {
  /** With connections of its own and no rate limit. */
  readonly api: KubeApi;
  readonly lease: ObjectKey;
  /** Unique for this process: see `electionIdentity`. */
  readonly identity: string;
  readonly times?: ElectionTimes | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: RuntimeMetrics;
  readonly logger: Logger;
  readonly onElected: (leadership: Leadership) => void;
  /** Leadership was lost, once and for all: the process must end, because others may act now. Not called after a release. */
  readonly onLost: (reason: string) => void;
}

/** A leadership, as those see it who act in its name. */
export interface Leadership {
  /** Aborted when leadership ends. */
  readonly signal: AbortSignal;
  /** Whether it is still certain that nobody else leads; true to the millisecond even after a blocked event loop. */
  holds(): boolean;
  /** How often the lease changed hands before. */
  readonly transitions: number;
  readonly leaseUid: string | undefined;
}

/** A name that no other process has, ever. */
export function electionIdentity(podName: string, random: Random): string {
  return `${podName}_${[...random.bytes(8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Leads when it holds the lease. One instance is elected at most once. */
export class Elector {
  readonly #options: ElectorOptions;
  readonly #times: ElectionTimes;
  readonly #lease: LeaseClient;
  readonly #ended = new AbortController();
  /** Until when (monotonic) leadership is certain; undefined while there is none. */
  #heldUntilMs: number | undefined;
  #state: 'waiting' | 'leading' | 'ended' = 'waiting';
  #cancelDeadline: CancelTimer = () => {};

  constructor(options: ElectorOptions) {
    this.#options = options;
    this.#times = options.times ?? defaultElectionTimes;
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = this.#times;
    const ordered = leaseDurationMs > renewDeadlineMs && renewDeadlineMs > 2 * retryPeriodMs && retryPeriodMs > 0;
    assert(ordered, 'lease duration > renew deadline > 2 × retry period > 0 must hold');
    const { api, clock, identity, lease: key } = options;
    // Half a deadline, as in controller-runtime: a request that hangs leaves time for another one.
    const requestTimeoutMs = renewDeadlineMs / 2;
    this.#lease = new LeaseClient({ api, key, identity, leaseDurationMs, requestTimeoutMs, clock });
    options.metrics.set('leader_election_master_status', 0, { name: key.name });
  }

  /** Whether this process leads, by the clock and not by what has run already. */
  isLeader(): boolean {
    return this.#state === 'leading' && this.#options.clock.monotonicMs() < (this.#heldUntilMs ?? 0);
  }

  /**
   * Waits for the lease, then renews it until leadership is lost or `signal` is aborted. On abort the lease is released,
   * so abort it only when everything that acts as the leader has ended.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const stopping = AbortSignal.any([signal, this.#ended.signal]);
    const stopWatchdog = watchEventLoop(clock, this.#times.renewDeadlineMs, (blockedMs) => {
      if (this.#state === 'leading') this.#lose(`the event loop was blocked for ${Math.round(blockedMs)} ms`);
    });
    try {
      while (!stopping.aborted) {
        const waitMs = await this.#attempt(stopping);
        if (!stopping.aborted) await sleep(clock, waitMs, stopping).catch(() => {});
      }
      if (signal.aborted) await this.#release();
    } finally {
      stopWatchdog();
      this.#cancelDeadline();
    }
  }

  /** @returns milliseconds until the next attempt. */
  async #attempt(signal: AbortSignal): Promise<number> {
    const { logger, lease, random } = this.#options;
    try {
      const result = await this.#lease.acquireOrRenew(signal);
      if (result.outcome === 'held') this.#held(result.sinceMs);
      else if (this.#state === 'leading' && result.holder !== '') this.#lose(`${result.holder} holds the lease now`);
    } catch (error) {
      if (!signal.aborted) logger.warn('asking for the lease failed; it is tried again', { lease: lease.name, error });
    }
    // Candidates spread out, as client-go's do (JitterFactor 1.2); a holder only a little, since its deadline is near.
    const jitter = this.#state === 'leading' ? 0.2 * (random.fraction() - 0.5) : 1.2 * random.fraction();
    return this.#times.retryPeriodMs * (1 + jitter);
  }

  #held(sinceMs: number): void {
    const { clock, lease, logger, metrics, onElected } = this.#options;
    const untilMs = sinceMs + this.#times.renewDeadlineMs;
    // The answer came too late: the old deadline stands, or there is no leadership to begin with.
    if (clock.monotonicMs() >= untilMs || (this.#state === 'leading' && !this.isLeader())) return;
    this.#heldUntilMs = untilMs;
    this.#watchDeadline(untilMs);
    if (this.#state !== 'waiting') return;
    this.#state = 'leading';
    metrics.set('leader_election_master_status', 1, { name: lease.name });
    logger.info('this process leads now', { lease: lease.name, transitions: this.#lease.transitions });
    onElected({
      signal: this.#ended.signal,
      holds: () => this.isLeader(),
      transitions: this.#lease.transitions,
      leaseUid: this.#lease.uid,
    });
  }

  #watchDeadline(untilMs: number): void {
    const { clock } = this.#options;
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(untilMs - clock.monotonicMs(), () => {
      if (this.#state !== 'leading') return;
      // Timers of Node.js go off up to a millisecond early: a deadline that was let pass then would never come again.
      if (this.isLeader()) this.#watchDeadline(untilMs);
      else this.#lose('the lease could not be renewed in time');
    });
  }

  #lose(reason: string): void {
    if (this.#state === 'ended') return;
    const { lease, logger, onLost } = this.#options;
    logger.error('leadership is lost', { lease: lease.name, reason });
    this.#end(new Error(`leadership is lost: ${reason}`));
    onLost(reason);
  }

  #end(reason: Error): void {
    const { lease, metrics } = this.#options;
    this.#state = 'ended';
    this.#cancelDeadline();
    metrics.set('leader_election_master_status', 0, { name: lease.name });
    this.#ended.abort(reason);
  }

  async #release(): Promise<void> {
    const { lease, logger } = this.#options;
    const wasLeading = this.isLeader();
    if (this.#state !== 'ended') this.#end(new Error('this process stops'));
    if (!wasLeading) return;
    try {
      await this.#lease.release(new AbortController().signal);
    } catch (error) {
      logger.warn('the lease was not released; others wait until it runs out', { lease: lease.name, error });
    }
  }
}

/** @throws when the leadership is not certain any more; before every act in its name. */
export function assertLeads(leadership: Leadership): void {
  if (leadership.holds()) return;
  throw leadership.signal.aborted ? reasonOf(leadership.signal) : new Error('leadership is lost: its time is over');
}
