// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';
import { KubeError } from '../../ports/kube-api.ts';
import type { KubeApi, KubeObject, ObjectKey, Resource, WatchEvent } from '../../ports/kube-api.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Random } from '../../ports/random.ts';
import { Backoff } from '../backoff.ts';
import type { RuntimeMetrics } from '../metrics.ts';
import { reasonOf, sleep, withDeadline } from '../waiting.ts';
import { InactivityError, InactivityGuard } from './inactivity.ts';
import type { IndexName } from './indexes.ts';
import { InformerFeed } from './informer-feed.ts';
import { listAll } from './list-all.ts';
import type { Scope } from './list-all.ts';
import type { Change } from './object-cache.ts';
import { ObjectCache } from './object-cache.ts';

const defaultPageSize = 500;
// The API server ends a watch by itself in that time, each at another one, so that not all come back at once.
const minWatchSeconds = 290;
const maxWatchSeconds = 590;
// Bookmarks come every minute, give or take a quarter: a watch that says nothing for longer is a dead connection.
const inactivityMs = 100_000;
const listTimeoutMs = 60_000;
const maxFailuresOfVersion = 5;
// A watch that ends sooner and has told nothing is not how a server ends one.
const shortestWatchMs = 5000;

export interface InformerOptions {
  readonly api: KubeApi;
  readonly resource: Resource;
  readonly scope: Scope;
  /** Labels by whose values objects can be looked up. */
  readonly indexLabels: readonly string[];
  readonly pageSize?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: RuntimeMetrics;
  readonly logger: Logger;
}

/**
 * A cache of objects that follows the API server for as long as it runs: whatever fails is tried again. It does nothing
 * else: who wants to know of changes gets keys into a queue.
 */
export class Informer {
  /** Once the cache has been complete for the first time; rejects when the informer ends before. */
  readonly synced: Promise<void>;
  readonly resource: Resource;
  readonly feed: InformerFeed;
  readonly #options: InformerOptions;
  readonly #cache: ObjectCache;
  readonly #backoff: Backoff;
  readonly #settleSynced: PromiseWithResolvers<void>;
  #resourceVersion: string | undefined;
  #pageSize: number | undefined;
  #freshMs: number;
  #hasSynced = false;
  /** Watches in a row that ended in silence. */
  #silentWatches = 0;

  constructor(options: InformerOptions) {
    this.#options = options;
    this.resource = options.resource;
    this.#cache = new ObjectCache(options.indexLabels);
    this.#backoff = new Backoff({ baseMs: 500, maxMs: 30_000 }, options.random);
    this.#pageSize = options.pageSize ?? defaultPageSize;
    this.#freshMs = options.clock.monotonicMs();
    this.feed = new InformerFeed(options.resource, options.metrics, options.logger);
    this.#settleSynced = Promise.withResolvers();
    this.synced = this.#settleSynced.promise;
    this.synced.catch(() => {});
    this.#countFromZero();
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Milliseconds since the server last showed that the cache is current; it is asked about every minute. */
  get staleMs(): number {
    return this.#options.clock.monotonicMs() - this.#freshMs;
  }

  get count(): number {
    return this.#cache.size;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#cache.get(key);
  }

  list(): readonly KubeObject[] {
    return this.#cache.list();
  }

  /** Objects with an owner of that uid, or with that value of an indexed label. */
  byIndex(name: IndexName, value: string): readonly KubeObject[] {
    return this.#cache.byIndex(name, value);
  }

  /** Follows the server until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list(signal);
        else await this.#watch(this.#resourceVersion, signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
    this.#settleSynced.reject(reasonOf(signal));
  }

  #countFromZero(): void {
    const { metrics } = this.#options;
    const resource = this.resource.plural;
    metrics.add('shortlink_operator_informer_lists_total', 0, { resource });
    metrics.add('shortlink_operator_informer_listener_errors_total', 0, { resource });
    for (const reason of ['expired', 'inactive', 'error'] as const)
      metrics.add('shortlink_operator_informer_failures_total', 0, { resource, reason });
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { api, clock, metrics, resource, scope } = this.#options;
    const startedAt = this.feed.listStarts();
    const deadline = { timeoutMs: listTimeoutMs, what: `listing ${resource.plural}` };
    try {
      const listed = await withDeadline(clock, signal, deadline, async (own) => {
        return listAll(api, resource, { ...scope, pageSize: this.#pageSize }, own);
      });
      this.#isFresh();
      this.#resourceVersion = versionOf(listed.resourceVersion, 'the list');
      this.#publishChanges(this.#cache.replaceAll(listed.items.map(lean)));
    } catch (error) {
      // A server whose history is shorter than a paged read takes gives the whole list at once.
      if (isExpired(error)) this.#pageSize = undefined;
      throw error;
    }
    this.#pageSize = this.#options.pageSize ?? defaultPageSize;
    metrics.add('shortlink_operator_informer_lists_total', 1, { resource: resource.plural });
    this.feed.listed(startedAt);
    this.#hasSynced = true;
    this.#settleSynced.resolve();
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { api, clock, random, resource, scope } = this.#options;
    const seconds = minWatchSeconds + Math.floor(random.fraction() * (maxWatchSeconds - minWatchSeconds + 1));
    const guard = new InactivityGuard(clock, inactivityMs, signal);
    const startMs = clock.monotonicMs();
    let events = 0;
    try {
      const options = { ...scope, resourceVersion, timeoutSeconds: seconds };
      for await (const event of api.watch(resource, options, guard.signal)) {
        guard.touch();
        events++;
        this.#take(event);
      }
    } finally {
      guard.stop();
    }
    if (events === 0 && clock.monotonicMs() - startMs < shortestWatchMs) {
      throw new Error('the server ended the watch at once');
    }
    this.#isFresh();
    this.#progress();
  }

  #take(event: WatchEvent): void {
    const version = event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.resourceVersion;
    const resourceVersion = versionOf(version, `a watch event of type ${event.type}`);
    if (event.type !== 'BOOKMARK') {
      const object = lean(event.object);
      this.#publishChanges(event.type === 'DELETED' ? this.#cache.remove(object) : this.#cache.put(object));
    }
    this.#resourceVersion = resourceVersion;
    this.#isFresh();
    this.#progress();
  }

  #publishChanges(changes: readonly Change[]): void {
    for (const change of changes) this.feed.publish(change);
  }

  #isFresh(): void {
    this.#freshMs = this.#options.clock.monotonicMs();
  }

  /** A watch works: whatever fails next is a first failure. */
  #progress(): void {
    this.#backoff.reset();
    this.#silentWatches = 0;
  }

  async #recover(failure: unknown, signal: AbortSignal): Promise<void> {
    const { clock, logger, metrics, resource } = this.#options;
    const expired = isExpired(failure);
    const inactive = failure instanceof InactivityError;
    if (inactive) this.#silentWatches++;
    const reason = expired ? 'expired' : inactive ? 'inactive' : 'error';
    metrics.add('shortlink_operator_informer_failures_total', 1, { resource: resource.plural, reason });
    const backoffMs = this.#backoff.nextMs();
    // Two connections in a row that said nothing: only a list can tell whether there was nothing to say. And a version that
    // fails for long may be one that the server never heard of, since its storage was restored from a backup.
    const isDoubtful = this.#silentWatches > 1 || this.#backoff.failures % maxFailuresOfVersion === 0;
    if (expired || isDoubtful) this.#resourceVersion = undefined;
    // Lost history and silent connections are no sign of trouble, unless they come one after the other.
    const isFirst = this.#backoff.failures === 1;
    const askedMs = failure instanceof KubeError ? (failure.retryAfterMs ?? 0) : 0;
    const waitMs = isFirst && reason !== 'error' ? 0 : Math.max(backoffMs, Math.min(askedMs, 30_000));
    const say = reason === 'error' ? 'warn' : 'info';
    logger[say]('following objects failed; it is tried again', {
      resource: resource.plural,
      reason,
      waitMs,
      error: failure,
    });
    if (waitMs > 0) await sleep(clock, waitMs, signal).catch(() => {});
  }
}

function isExpired(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 410 || error.reason === 'Expired');
}

function versionOf(version: string | undefined, where: string): string {
  if (version === undefined || version === '') throw new Error(`${where} has no resourceVersion`);
  return version;
}

/** Without what nobody here reads and what is often the larger part of an object. */
function lean(object: KubeObject): KubeObject {
  if (!('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
