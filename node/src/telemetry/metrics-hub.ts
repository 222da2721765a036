// SPDX-License-Identifier: Apache-2.0
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import { metricsAtZero, type LocalMetrics, type MetricsSnapshot } from './local-metrics.ts';

/** Joins the numbers of all threads of the process into one page for Prometheus. */
export class MetricsHub {
  readonly #local: LocalMetrics;
  readonly #process = new Registry();
  readonly #atZero = metricsAtZero();
  readonly #latest = new Map<string, MetricsSnapshot>();
  /** Last numbers of threads that have ended: counters must not fall. */
  readonly #ended: MetricsSnapshot[] = [];

  constructor(local: LocalMetrics) {
    this.#local = local;
    collectDefaultMetrics({ register: this.#process });
  }

  readonly contentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

  /** Replaces what is known of a thread. Threads send their snapshots every second or so. */
  update(thread: string, snapshot: MetricsSnapshot): void {
    this.#latest.set(thread, snapshot);
  }

  /** The thread has ended: its gauges go, its counters stay. */
  end(thread: string): void {
    const last = this.#latest.get(thread);
    if (last !== undefined) this.#ended.push(last.filter((metric) => metric.type !== 'gauge'));
    this.#latest.delete(thread);
  }

  /** In Prometheus' text format. */
  async render(): Promise<string> {
    const snapshots = [this.#atZero, this.#local.snapshot(), ...this.#latest.values(), ...this.#ended];
    const ofThreads = await AggregatorRegistry.aggregate(snapshots).metrics();
    // Aggregation would drop when the process started.
    return `${ofThreads}\n${await this.#process.metrics()}`;
  }
}
