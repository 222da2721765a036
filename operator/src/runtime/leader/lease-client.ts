// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';
import { KubeError } from '../../ports/kube-api.ts';
import type { KubeApi, KubeObject, ObjectKey } from '../../ports/kube-api.ts';
import { withDeadline } from '../waiting.ts';
import { leaseObject, leases, microTime } from './lease.ts';
import type { LeaseRecord } from './lease.ts';
import { LeaseObserver } from './lease-observer.ts';

const msPerSecond = 1000;

export interface LeaseClientOptions {
  /** With connections of its own and no rate limit: a renewal must not wait behind anything. */
  readonly api: KubeApi;
  readonly key: ObjectKey;
  /** Unique for this process. */
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

export type LeaseOutcome =
  /** Ours, from `sinceMs` (monotonic, before the request was sent) for the duration of the lease. */
  | { readonly outcome: 'held'; readonly sinceMs: number }
  /** Somebody else's; not to be asked for again before `remainingMs` have passed. */
  | { readonly outcome: 'taken'; readonly holder: string; readonly remainingMs: number };

/** One lease, as one candidate sees it. */
export class LeaseClient {
  readonly #options: LeaseClientOptions;
  readonly #observer: LeaseObserver;
  /** As it was last read or written. */
  #lease: KubeObject | undefined;

  constructor(options: LeaseClientOptions) {
    this.#options = options;
    this.#observer = new LeaseObserver(options.leaseDurationMs);
  }

  /** How often the lease changed hands, as far as is known. */
  get transitions(): number {
    return this.#observer.record?.transitions ?? 0;
  }

  /** Of the Lease object: another one means that it was deleted and made anew. */
  get uid(): string | undefined {
    return this.#lease?.metadata.uid;
  }

  /** Asks for the lease, or for more of it. Throws when the API server does not do what it is asked. */
  async acquireOrRenew(signal: AbortSignal): Promise<LeaseOutcome> {
    const { api, clock, identity, key } = this.#options;
    // As long as nobody interferes a renewal is one request.
    if (this.#lease !== undefined && this.#observer.record?.holder === identity) {
      const renewed = await this.#write(this.#lease, signal).catch(ignoreConflict);
      if (renewed !== undefined) return renewed;
    }
    const lease = await this.#call(signal, async (own) => api.get(leases, key, own));
    this.#lease = lease;
    if (lease !== undefined) this.#observer.observe(lease, clock.monotonicMs());
    // Also of a lease that was deleted: its holder does not know it yet, and will make it anew.
    const holder = this.#observer.record?.holder ?? '';
    const remainingMs = this.#observer.remainingMs(clock.monotonicMs());
    if (holder !== identity && remainingMs > 0) return { outcome: 'taken', holder, remainingMs };
    // Whoever loses a race for it looks again the next time.
    const written = await this.#write(lease, signal).catch(ignoreConflict);
    return written ?? { outcome: 'taken', holder: '', remainingMs: 0 };
  }

  /** Lets others have it at once. */
  async release(signal: AbortSignal): Promise<void> {
    const { api, clock, key } = this.#options;
    if (await this.#tryRelease(signal)) return;
    // A renewal that was cut off has arrived after all.
    this.#lease = await this.#call(signal, async (own) => api.get(leases, key, own));
    if (this.#lease !== undefined) this.#observer.observe(this.#lease, clock.monotonicMs());
    await this.#tryRelease(signal);
  }

  /** False when the lease is not as it was last seen. */
  async #tryRelease(signal: AbortSignal): Promise<boolean> {
    const { clock, identity } = this.#options;
    const { record } = this.#observer;
    if (this.#lease === undefined || record?.holder !== identity) return true;
    const released = { ...record, holder: '', durationSeconds: 1, renewTime: microTime(clock.nowMs()) };
    const put = this.#put(this.#lease, released, signal).then(() => true);
    return (await put.catch(ignoreConflict)) ?? false;
  }

  async #write(base: KubeObject | undefined, signal: AbortSignal): Promise<LeaseOutcome> {
    const { clock, identity, leaseDurationMs } = this.#options;
    const { record } = this.#observer;
    const now = microTime(clock.nowMs());
    const isOurs = record?.holder === identity;
    // A lease that was deleted goes on counting where it was, as far as we know.
    const transitions = (record?.transitions ?? 0) + (record === undefined || isOurs ? 0 : 1);
    const wanted: LeaseRecord = {
      holder: identity,
      durationSeconds: Math.ceil(leaseDurationMs / msPerSecond),
      acquireTime: isOurs ? record.acquireTime : now,
      renewTime: now,
      transitions,
    };
    const sinceMs = clock.monotonicMs();
    await this.#put(base, wanted, signal);
    return { outcome: 'held', sinceMs };
  }

  async #put(base: KubeObject | undefined, record: LeaseRecord, signal: AbortSignal): Promise<void> {
    const { api, clock, key } = this.#options;
    const wanted = leaseObject(key, record, base);
    const lease = await this.#call(signal, async (own) => {
      return base === undefined ? api.create(leases, wanted, own) : api.replace(leases, wanted, own);
    });
    this.#lease = lease;
    this.#observer.observe(lease, clock.monotonicMs());
  }

  async #call<T>(signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, requestTimeoutMs } = this.#options;
    return withDeadline(clock, signal, { timeoutMs: requestTimeoutMs, what: 'a request for the lease' }, run);
  }
}

/** The lease is not what it was, or not there any more; all other errors go on. */
function ignoreConflict(error: unknown): undefined {
  if (error instanceof KubeError && (error.status === 409 || error.status === 404)) return undefined;
  throw error;
}
