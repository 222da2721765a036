// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { TokenBucket } from '@shortlink/common/token-bucket.ts';
import type { TokenBucketOptions } from '@shortlink/common/token-bucket.ts';
import type { Clock } from '../../ports/clock.ts';
import { exponentialMs } from '../backoff.ts';
import type { BackoffOptions } from '../backoff.ts';
import type { RuntimeMetrics } from '../metrics.ts';
import { DelayedKeys } from './delayed-keys.ts';
import { QueueMeter } from './queue-meter.ts';

// client-go's DefaultTypedControllerRateLimiter, with a shorter end: a cluster must not wait a quarter of an hour.
const defaultBackoff: BackoffOptions = { baseMs: 5, maxMs: 120_000 };
const defaultBucket: TokenBucketOptions = { perSecond: 10, burst: 100 };

export interface WorkQueueOptions {
  /** Of the controller, in metrics. */
  readonly name: string;
  readonly clock: Clock;
  readonly metrics: RuntimeMetrics;
  /** Per key, between failures. */
  readonly backoff?: BackoffOptions | undefined;
  /** Over all keys, for what is added after failures. */
  readonly bucket?: TokenBucketOptions | undefined;
}

/**
 * Keys that want work. A key waits at most once and is worked on by at most one worker; what is added while it is worked on
 * comes again afterwards. The number of keys is that of the objects that exist, so there is no other limit.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoff: BackoffOptions;
  readonly #bucket: TokenBucket;
  readonly #meter: QueueMeter;
  readonly #delayed: DelayedKeys;
  /** Keys that wait and since when, oldest first. */
  readonly #ready = new Map<string, number>();
  /** Keys that are worked on, and since when. */
  readonly #working = new Map<string, number>();
  /** Keys that are worked on and want it again. */
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #takers = new Set<() => void>();
  readonly #idle = new Set<() => void>();
  #state: 'open' | 'draining' | 'stopped' = 'open';

  constructor({ name, clock, metrics, backoff, bucket }: WorkQueueOptions) {
    this.#clock = clock;
    this.#backoff = backoff ?? defaultBackoff;
    this.#bucket = new TokenBucket(bucket ?? defaultBucket);
    this.#meter = new QueueMeter(metrics, name);
    this.#delayed = new DelayedKeys(clock, (key) => this.add(key));
  }

  /** Wants work on the key as soon as possible. */
  add(key: string): void {
    if (this.#state !== 'open') return;
    if (this.#working.has(key)) {
      if (!this.#dirty.has(key)) this.#meter.added(this.#ready.size);
      this.#dirty.add(key);
      return;
    }
    if (this.#ready.has(key)) return;
    this.#ready.set(key, this.#clock.monotonicMs());
    this.#meter.added(this.#ready.size);
    this.#wakeOne();
  }

  /** Wants work on the key later; of several times the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#state !== 'open') return;
    if (delayMs <= 0) this.add(key);
    else this.#delayed.add(key, delayMs);
  }

  /** Wants the key again after a failure: not before its back-off, the overall rate and `atLeastMs` allow it. */
  retry(key: string, atLeastMs = 0): void {
    if (this.#state !== 'open') return;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#meter.retried();
    const bucketMs = this.#bucket.reserve(this.#clock.monotonicMs());
    this.addAfter(key, Math.max(exponentialMs(failures, this.#backoff), bucketMs, atLeastMs));
  }

  /** The key is well: its next failure is its first one. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Failures of the key since it was last well. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, once there is one; whoever takes it says `done`. Undefined: there will be none. */
  async take(): Promise<string | undefined> {
    for (;;) {
      const [first] = this.#ready;
      if (first !== undefined) return this.#hand(first[0], first[1]);
      if (this.#state !== 'open' && (this.#state === 'stopped' || this.#working.size === 0)) return undefined;
      await new Promise<void>((resolve) => this.#takers.add(resolve));
    }
  }

  done(key: string): void {
    const since = this.#working.get(key);
    assert(since !== undefined, `${key} is done, and nobody works on it`);
    this.#working.delete(key);
    this.#meter.done(this.#clock.monotonicMs() - since);
    if (this.#dirty.delete(key) && this.#state !== 'stopped') {
      this.#ready.set(key, this.#clock.monotonicMs());
      this.#meter.depth(this.#ready.size);
      this.#wakeOne();
    }
    this.#settleIdle();
  }

  /** Nothing comes in any more and what waits is forgotten. @returns when nobody works on a key. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#ready.clear();
    this.#dirty.clear();
    this.#meter.depth(0);
    await this.#close();
  }

  /** Nothing comes in any more, what is late is forgotten, what waits is still worked on. @returns when that is done. */
  async drain(): Promise<void> {
    if (this.#state === 'open') this.#state = 'draining';
    await this.#close();
  }

  /** Brings the numbers up to date that change while nothing happens; before each scrape. */
  publish(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#meter.inFlight([...this.#working.values()].map((since) => nowMs - since));
  }

  #hand(key: string, sinceMs: number): string {
    assert(!this.#working.has(key), `${key} is handed out while it is worked on`);
    const nowMs = this.#clock.monotonicMs();
    this.#ready.delete(key);
    this.#working.set(key, nowMs);
    this.#meter.taken(nowMs - sinceMs, this.#ready.size);
    return key;
  }

  async #close(): Promise<void> {
    this.#delayed.clear();
    this.#wakeAll();
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  #isIdle(): boolean {
    return this.#ready.size === 0 && this.#working.size === 0;
  }

  #settleIdle(): void {
    if (this.#state === 'open' || !this.#isIdle()) return;
    this.#wakeAll();
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  #wakeOne(): void {
    for (const wake of this.#takers) {
      this.#takers.delete(wake);
      wake();
      return;
    }
  }

  #wakeAll(): void {
    for (const wake of this.#takers) wake();
    this.#takers.clear();
  }
}
