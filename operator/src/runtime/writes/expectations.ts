// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';
import type { KubeObject, ObjectKey, Resource } from '../../ports/kube-api.ts';
import { keyOfObject, keyText } from '../../ports/resource-key.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Informer } from '../informer/informer.ts';
import type { RuntimeMetrics } from '../metrics.ts';
import { PendingWrite } from './pending-write.ts';

const defaultTimeoutMs = 30_000;

export interface ExpectationsOptions {
  /** Whose writes, in metrics. */
  readonly controller: string;
  readonly clock: Clock;
  readonly metrics: RuntimeMetrics;
  readonly logger: Logger;
  /** After which a write counts as seen although it was not. */
  readonly timeoutMs?: number | undefined;
}

/** Why a key must wait. */
export interface Awaited {
  /** The write that the cache does not show yet, in words. */
  readonly what: string;
  /** Until it is given up. */
  readonly remainingMs: number;
}

/**
 * Read-your-writes on caches that lag: after a write, a key is not acted on until the cache has shown what was written, or
 * something newer of the same object. Newer is judged by what was observed since, never by comparing versions.
 */
export class Expectations {
  readonly #options: ExpectationsOptions;
  readonly #informers = new Map<string, Informer>();
  readonly #pending = new Map<string, PendingWrite[]>();

  constructor(options: ExpectationsOptions) {
    this.#options = options;
    const { controller, metrics } = options;
    metrics.add('shortlink_operator_expectation_timeouts_total', 0, { controller });
  }

  /** Writes to the objects of this informer can be awaited; before it runs. */
  track(informer: Informer): void {
    this.#informers.set(informer.resource.plural, informer);
    const forEach = (run: (write: PendingWrite) => void) => {
      for (const writes of this.#pending.values()) {
        for (const write of writes) if (write.resource.plural === informer.resource.plural) run(write);
      }
    };
    informer.feed.addObserver({
      observe: (change) => forEach((write) => write.observe(change)),
      observeList: (startedAt) => forEach((write) => write.observeList(startedAt)),
    });
  }

  /**
   * Runs a write of `key`'s reconciliation and expects to see its outcome. What fails with an unknown outcome is awaited
   * by nobody: reconciling it again is safe.
   */
  async write(key: string, resource: Resource, target: ObjectKey, run: () => Promise<KubeObject>): Promise<KubeObject> {
    return this.#track(key, resource, target, async (write) => {
      const object = await run();
      write.wrote(object, this.#current(resource, keyOfObject(object)));
      return object;
    });
  }

  /** The same for a deletion: expects the object to be gone, to be going, or to be another one. */
  async delete(key: string, resource: Resource, object: KubeObject, run: () => Promise<boolean>): Promise<boolean> {
    const target = keyOfObject(object);
    return this.#track(key, resource, target, async (write) => {
      const existed = await run();
      write.deleted(object.metadata.uid, this.#current(resource, target));
      return existed;
    });
  }

  /** What `key` has to wait for; undefined when its view of the world holds all that it wrote. */
  awaited(key: string): Awaited | undefined {
    const { clock, controller, logger, metrics, timeoutMs = defaultTimeoutMs } = this.#options;
    const left: PendingWrite[] = [];
    for (const write of this.#pending.get(key) ?? []) {
      if (write.isSeen) continue;
      if (clock.monotonicMs() - write.startedMs < timeoutMs) {
        left.push(write);
        continue;
      }
      metrics.add('shortlink_operator_expectation_timeouts_total', 1, { controller });
      logger.warn('the cache did not show a write in time; going on without', { controller, key, write: write.what });
    }
    this.#keep(key, left);
    const [first] = left;
    if (first === undefined) return undefined;
    return { what: first.what, remainingMs: first.startedMs + timeoutMs - clock.monotonicMs() };
  }

  /** The key's object is gone, and so is everything that it waited for. */
  forget(key: string): void {
    this.#pending.delete(key);
  }

  async #track<T>(
    key: string,
    resource: Resource,
    target: ObjectKey,
    run: (write: PendingWrite) => Promise<T>,
  ): Promise<T> {
    const informer = this.#informers.get(resource.plural);
    const write = new PendingWrite({
      resource,
      target: keyText(target),
      startedMs: this.#options.clock.monotonicMs(),
      // Nobody can see it: it is done when it is done.
      isSeen: informer === undefined,
      listsStarted: () => informer?.feed.listsStarted ?? 0,
    });
    // Known before the request is sent: the cache may show the outcome before the answer comes.
    this.#keep(key, [...(this.#pending.get(key) ?? []).filter(({ isSeen }) => !isSeen), write]);
    try {
      return await run(write);
    } catch (error) {
      this.#keep(
        key,
        (this.#pending.get(key) ?? []).filter((one) => one !== write),
      );
      throw error;
    }
  }

  #current(resource: Resource, key: ObjectKey): KubeObject | undefined {
    return this.#informers.get(resource.plural)?.get(key);
  }

  #keep(key: string, writes: PendingWrite[]): void {
    if (writes.length === 0) this.#pending.delete(key);
    else this.#pending.set(key, writes);
  }
}
