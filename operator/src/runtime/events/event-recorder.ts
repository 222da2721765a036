// SPDX-License-Identifier: Apache-2.0
import { TokenBucket } from '@shortlink/common/token-bucket.ts';
import type { Clock } from '../../ports/clock.ts';
import { KubeError } from '../../ports/kube-api.ts';
import type { KubeApi } from '../../ports/kube-api.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Random } from '../../ports/random.ts';
import type { RuntimeMetrics } from '../metrics.ts';
import { WorkQueue } from '../queue/work-queue.ts';
import { withDeadline } from '../waiting.ts';
import { eventObject, events } from './event-object.ts';
import type { EventInput, EventSeries, Reporter } from './event-object.ts';

// As in client-go: what is not seen again for six minutes is over.
const seriesEndMs = 360_000;
const seriesUpdateMs = 30_000;
// As in client-go's spam filter: 25 at once, then one in five minutes, of one object.
const perObject = { perSecond: 1 / 300, burst: 25 };
const maxSeries = 1000;
const maxObjects = 1000;
const maxTries = 5;
const writeTimeoutMs = 10_000;

export interface EventRecorderOptions {
  readonly api: KubeApi;
  readonly reporter: Reporter;
  readonly fieldManager: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: RuntimeMetrics;
  readonly logger: Logger;
}

interface Open extends EventSeries {
  readonly lastMs: number;
  readonly writtenCount: number;
}

/** Tells people what happens to objects. Recording never waits and never fails; what cannot be written is counted. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #series = new Map<string, Open>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #queue: WorkQueue;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    const { clock, metrics } = options;
    this.#queue = new WorkQueue({ name: 'events', clock, metrics, backoff: { baseMs: 1000, maxMs: 30_000 } });
  }

  record(input: EventInput): void {
    const { clock, random } = this.#options;
    const nowMs = clock.monotonicMs();
    const key = keyOf(input);
    const open = this.#series.get(key);
    // Newest last, so that the first ones are those to forget.
    this.#series.delete(key);
    if (open !== undefined && nowMs - open.lastMs < seriesEndMs) {
      this.#series.set(key, { ...open, lastMs: nowMs, lastWallMs: clock.nowMs(), count: open.count + 1 });
      this.#queue.addAfter(key, seriesUpdateMs);
      this.#count('aggregated');
      return;
    }
    if (!this.#bucketOf(input).tryTake(nowMs)) {
      this.#count('limited');
      return;
    }
    const wallMs = clock.nowMs();
    const suffix = [...random.bytes(8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const times = { firstWallMs: wallMs, lastWallMs: wallMs, lastMs: nowMs };
    this.#series.set(key, { input, suffix, ...times, count: 1, writtenCount: 0 });
    forgetOldest(this.#series, maxSeries);
    this.#queue.add(key);
  }

  /** Writes events until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => void this.#queue.stop();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      const series = this.#series.get(key);
      if (series !== undefined && series.writtenCount < series.count) await this.#write(key, series, signal);
      this.#queue.done(key);
    }
    signal.removeEventListener('abort', stop);
  }

  async #write(key: string, series: Open, signal: AbortSignal): Promise<void> {
    const { api, clock, fieldManager, reporter } = this.#options;
    const event = eventObject(series, reporter);
    try {
      const deadline = { timeoutMs: writeTimeoutMs, what: 'writing an event' };
      await withDeadline(clock, signal, deadline, async (own) => {
        await api.apply(events, event, { fieldManager, force: true }, own);
      });
      this.#queue.forget(key);
      const now = this.#series.get(key);
      if (now !== undefined) this.#series.set(key, { ...now, writtenCount: series.count });
      this.#count('written');
    } catch (error) {
      if (!signal.aborted) this.#failed(key, error);
    }
  }

  #failed(key: string, error: unknown): void {
    const refused = error instanceof KubeError && error.status >= 400 && error.status < 500 && error.status !== 429;
    if (!refused && this.#queue.failures(key) < maxTries - 1) {
      this.#queue.retry(key, error instanceof KubeError ? error.retryAfterMs : undefined);
      return;
    }
    this.#queue.forget(key);
    this.#series.delete(key);
    this.#count('dropped');
    this.#options.logger.warn('an event could not be written', { error });
  }

  #bucketOf({ regarding }: EventInput): TokenBucket {
    const id = regarding.metadata.uid ?? regarding.metadata.name;
    const bucket = this.#buckets.get(id) ?? new TokenBucket(perObject);
    this.#buckets.delete(id);
    this.#buckets.set(id, bucket);
    forgetOldest(this.#buckets, maxObjects);
    return bucket;
  }

  #count(result: 'written' | 'aggregated' | 'limited' | 'dropped'): void {
    this.#options.metrics.add('shortlink_operator_events_total', 1, { result });
  }
}

function keyOf({ regarding, type, reason, action, note }: EventInput): string {
  const { uid, namespace, name } = regarding.metadata;
  return JSON.stringify([regarding.kind, namespace, name, uid, type, reason, action, note]);
}

function forgetOldest(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
