// SPDX-License-Identifier: Apache-2.0
import type { RuntimeMetrics } from '../metrics.ts';

const msPerSecond = 1000;

/** The numbers of one queue under controller-runtime's names. */
export class QueueMeter {
  readonly #metrics: RuntimeMetrics;
  readonly #labels: { readonly name: string; readonly controller: string };

  constructor(metrics: RuntimeMetrics, name: string) {
    this.#metrics = metrics;
    this.#labels = { name, controller: name };
    metrics.set('workqueue_depth', 0, this.#labels);
    metrics.add('workqueue_adds_total', 0, this.#labels);
    metrics.add('workqueue_retries_total', 0, this.#labels);
  }

  added(depth: number): void {
    this.#metrics.add('workqueue_adds_total', 1, this.#labels);
    this.depth(depth);
  }

  retried(): void {
    this.#metrics.add('workqueue_retries_total', 1, this.#labels);
  }

  taken(waitedMs: number, depth: number): void {
    this.#metrics.observe('workqueue_queue_duration_seconds', waitedMs / msPerSecond, this.#labels);
    this.depth(depth);
  }

  done(workedMs: number): void {
    this.#metrics.observe('workqueue_work_duration_seconds', workedMs / msPerSecond, this.#labels);
  }

  depth(depth: number): void {
    this.#metrics.set('workqueue_depth', depth, this.#labels);
  }

  /** `workedMs`: how long each key in flight has been worked on. */
  inFlight(workedMs: readonly number[]): void {
    const totalMs = workedMs.reduce((sum, ms) => sum + ms, 0);
    this.#metrics.set('workqueue_unfinished_work_seconds', totalMs / msPerSecond, this.#labels);
    const longestMs = workedMs.reduce((most, ms) => Math.max(most, ms), 0);
    this.#metrics.set('workqueue_longest_running_processor_seconds', longestMs / msPerSecond, this.#labels);
  }
}
