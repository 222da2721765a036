// SPDX-License-Identifier: Apache-2.0
import { closedSeries, type MetricDefinition } from '@shortlink/common/metric-table.ts';
import { nodeMetrics } from './metrics.ts';
import type { NodeMetrics } from './metrics.ts';
import type { LabelArguments, MetricsSink } from './sink.ts';

/** One number of a series, in the form of prom-client's JSON. */
export interface MetricValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Of histograms: which of its parts. */
  readonly metricName?: string;
}

/** One metric of one thread: plain data for postMessage, in the form of prom-client's JSON. */
export interface MetricSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator: 'sum' | 'max';
  readonly values: readonly MetricValue[];
}

export type MetricsSnapshot = readonly MetricSnapshot[];

/** Counters and histograms whose labels are closed, at 0: a rate needs to have seen them before their first event. */
export function metricsAtZero(): MetricsSnapshot {
  const table = Object.entries<MetricDefinition>(nodeMetrics).filter(([, { type }]) => type !== 'gauge');
  return table.map(([name, definition]) => {
    const series = closedSeries(definition).map((labels) => ({ labels, value: 0, bucketCounts: [] }));
    return snapshotOf(name, definition, series);
  });
}

type Labels = Readonly<Record<string, string | number>>;

interface Series {
  readonly labels: Labels;
  /** Value of a counter or gauge, sum of a histogram. */
  value: number;
  /** Values per bucket of a histogram, the last one beyond all bounds. */
  readonly bucketCounts: number[];
}

/** The numbers of one thread. */
export class LocalMetrics implements MetricsSink {
  readonly #series = new Map<keyof NodeMetrics, Map<string, Series>>();

  add<N extends keyof NodeMetrics>(name: N, value: number, ...labels: LabelArguments<N>): void {
    this.#seriesOf(name, labels[0]).value += value;
  }

  set<N extends keyof NodeMetrics>(name: N, value: number, ...labels: LabelArguments<N>): void {
    this.#seriesOf(name, labels[0]).value = value;
  }

  observe<N extends keyof NodeMetrics>(name: N, value: number, ...labels: LabelArguments<N>): void {
    this.observeMany(name, value, 1, ...labels);
  }

  observeMany<N extends keyof NodeMetrics>(name: N, value: number, times: number, ...labels: LabelArguments<N>): void {
    const definition: MetricDefinition = nodeMetrics[name];
    if (definition.type !== 'histogram') return;
    const series = this.#seriesOf(name, labels[0]);
    let bucket = 0;
    while (bucket < definition.buckets.length && value > (definition.buckets[bucket] ?? 0)) bucket++;
    while (series.bucketCounts.length <= definition.buckets.length) series.bucketCounts.push(0);
    series.bucketCounts[bucket] = (series.bucketCounts[bucket] ?? 0) + times;
    series.value += value * times;
  }

  remove<N extends keyof NodeMetrics>(name: N, ...labels: LabelArguments<N>): void {
    this.#series.get(name)?.delete(keyOf(labels[0]));
  }

  /** Everything so far; counters and histograms since the thread started. */
  snapshot(): MetricsSnapshot {
    return [...this.#series].map(([name, series]) => snapshotOf(name, nodeMetrics[name], [...series.values()]));
  }

  #seriesOf(name: keyof NodeMetrics, labels: Labels | undefined): Series {
    let byKey = this.#series.get(name);
    if (byKey === undefined) {
      byKey = new Map();
      this.#series.set(name, byKey);
    }
    const key = keyOf(labels);
    let series = byKey.get(key);
    if (series === undefined) {
      series = { labels: labels ?? {}, value: 0, bucketCounts: [] };
      byKey.set(key, series);
    }
    return series;
  }
}

/** Callers write a metric's labels in one order, or merge into one series when they are scraped. */
function keyOf(labels: Labels | undefined): string {
  return labels === undefined ? '' : Object.values(labels).join('\u0000');
}

function snapshotOf(name: string, definition: MetricDefinition, series: readonly Series[]): MetricSnapshot {
  const { help, type } = definition;
  const aggregator = definition.type === 'gauge' ? definition.merge : 'sum';
  const values =
    definition.type === 'histogram'
      ? series.flatMap((one) => histogramValues(name, definition.buckets, one))
      : series.map(({ labels, value }) => ({ labels, value }));
  return { name, help, type, aggregator, values };
}

function histogramValues(
  name: string,
  buckets: readonly number[],
  { labels, value, bucketCounts }: Series,
): MetricValue[] {
  let count = 0;
  const values: MetricValue[] = [];
  for (const [i, le] of [...buckets, '+Inf'].entries()) {
    count += bucketCounts[i] ?? 0;
    values.push({ labels: { le, ...labels }, value: count, metricName: `${name}_bucket` });
  }
  values.push({ labels, value, metricName: `${name}_sum` }, { labels, value: count, metricName: `${name}_count` });
  return values;
}
