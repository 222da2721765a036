// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { CounterConfiguration } from 'prom-client';
import { closedSeries } from '@shortlink/common/metric-table.ts';
import type { LabelsOf, MetricDefinition, MetricName, MetricTable } from '@shortlink/common/metric-table.ts';
import type { MetricsSink } from '../ports/metrics.ts';

type Labels = Readonly<Record<string, string | number>>;

/** Metrics of the process for Prometheus: each part of the program has a table, and a sink for it. */
export class PromMetrics {
  readonly #registry = new Registry();
  readonly #publishers: (() => void)[] = [];

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  readonly contentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

  /** Registers all metrics of `table`; once for each table. */
  sink<T extends MetricTable>(table: T): MetricsSink<T> {
    return new TableSink(table, this.#registry);
  }

  /** Is run before each scrape, to bring numbers up to date that change while nothing happens. */
  beforeScrape(publish: () => void): void {
    this.#publishers.push(publish);
  }

  /** In Prometheus' text format. */
  async render(): Promise<string> {
    for (const publish of this.#publishers) publish();
    return this.#registry.metrics();
  }
}

class TableSink<T extends MetricTable> implements MetricsSink<T> {
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();

  constructor(table: T, registry: Registry) {
    for (const [name, definition] of Object.entries(table)) this.#register(name, definition, registry);
  }

  add<N extends MetricName<T, 'counter'>>(name: N, value: number, labels: LabelsOf<T[N]>): void {
    this.#counters.get(name)?.inc(labelsOf(labels), value);
  }

  set<N extends MetricName<T, 'gauge'>>(name: N, value: number, labels: LabelsOf<T[N]>): void {
    this.#gauges.get(name)?.set(labelsOf(labels), value);
  }

  clear(name: MetricName<T, 'gauge'>): void {
    this.#gauges.get(name)?.reset();
  }

  observe<N extends MetricName<T, 'histogram'>>(name: N, value: number, labels: LabelsOf<T[N]>): void {
    this.#histograms.get(name)?.observe(labelsOf(labels), value);
  }

  #register(name: string, definition: MetricDefinition, registry: Registry): void {
    const options = {
      name,
      help: definition.help,
      labelNames: Object.keys(definition.labels ?? {}),
      registers: [registry],
    };
    if (definition.type === 'counter') this.#counters.set(name, counterAtZero(options, definition));
    else if (definition.type === 'gauge') this.#gauges.set(name, new Gauge(options));
    else this.#histograms.set(name, new Histogram({ ...options, buckets: [...definition.buckets] }));
  }
}

/** A rate needs to have seen the counter before its first event. */
function counterAtZero(options: CounterConfiguration<string>, definition: MetricDefinition): Counter {
  const counter = new Counter(options);
  for (const labels of closedSeries(definition)) counter.inc(labels, 0);
  return counter;
}

function labelsOf(labels: object | undefined): Labels {
  return { ...labels };
}
