// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, Resource } from '../../ports/kube-api.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RuntimeMetrics } from '../metrics.ts';
import type { Change } from './object-cache.ts';

/** Whose work a change is. */
export interface ChangeSink {
  /** Keys that a change of this object concerns; called with its old and its new state. */
  keysOf(object: KubeObject): readonly string[];
  /** Wants work on the key. */
  add(key: string): void;
}

/** Sees what the cache sees, in its order, before keys are handed out. */
export interface ChangeObserver {
  observe(change: Change): void;
  /** A complete list was read; it holds everything that was written before `startedAt` was given out. */
  observeList(startedAt: number): void;
}

/** Hands changes on. Nothing that a listener does can hold it up or bring it down. */
export class InformerFeed {
  readonly #resource: Resource;
  readonly #metrics: RuntimeMetrics;
  readonly #logger: Logger;
  readonly #sinks: ChangeSink[] = [];
  readonly #observers: ChangeObserver[] = [];
  #lists = 0;

  constructor(resource: Resource, metrics: RuntimeMetrics, logger: Logger) {
    this.#resource = resource;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  /** Has the keys of every change put into a queue; before the informer runs. */
  addSink(sink: ChangeSink): void {
    this.#sinks.push(sink);
  }

  addObserver(observer: ChangeObserver): void {
    this.#observers.push(observer);
  }

  /** Lists that have begun so far: a list with a higher number begins later than now. */
  get listsStarted(): number {
    return this.#lists;
  }

  /** @returns the number of the list that begins now. */
  listStarts(): number {
    this.#lists++;
    return this.#lists;
  }

  listed(startedAt: number): void {
    for (const observer of this.#observers) this.#guard(() => observer.observeList(startedAt));
  }

  publish(change: Change): void {
    for (const observer of this.#observers) this.#guard(() => observer.observe(change));
    const objects = change.type === 'updated' ? [change.previous, change.object] : [change.object];
    for (const sink of this.#sinks) {
      // Each state by itself: a mapping that fails on the old one still maps the new one.
      for (const object of objects) {
        this.#guard(() => {
          for (const key of sink.keysOf(object)) sink.add(key);
        });
      }
    }
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      const resource = this.#resource.plural;
      this.#metrics.add('shortlink_operator_informer_listener_errors_total', 1, { resource });
      this.#logger.error('a listener failed on a change: this is a defect', { resource, error });
    }
  }
}
