// SPDX-License-Identifier: Apache-2.0

/**
 * Values that a label may have. A closed list wherever one exists; `shard` and `node` are bounded by the cluster, `cluster`
 * (names and namespaces of clusters) by Kubernetes, `fixed` by the program and its configuration (names of its controllers,
 * the API server's host, HTTP status codes).
 * There is no free text on purpose: a label that held a code or a URL would make one time series per link.
 */
export type LabelValues = readonly string[] | 'shard' | 'node' | 'cluster' | 'fixed';

interface MetricBase {
  readonly help: string;
  readonly labels?: Readonly<Record<string, LabelValues>>;
}

export interface CounterDefinition extends MetricBase {
  readonly type: 'counter';
}

export interface GaugeDefinition extends MetricBase {
  readonly type: 'gauge';
  /** How values of several threads become one. */
  readonly merge: 'sum' | 'max';
}

export interface HistogramDefinition extends MetricBase {
  readonly type: 'histogram';
  /** Upper bounds in the metric's unit, rising; +Inf is added. */
  readonly buckets: readonly number[];
}

export type MetricDefinition = CounterDefinition | GaugeDefinition | HistogramDefinition;

/** Every metric of a program by its full name. */
export type MetricTable = Readonly<Record<string, MetricDefinition>>;

/** The names in a table that are of one type. */
export type MetricName<T extends MetricTable, Type extends MetricDefinition['type']> = {
  [K in keyof T]: T[K] extends { readonly type: Type } ? K : never;
}[keyof T] &
  string;

type LabelValue<V> = V extends readonly (infer S)[] ? S : string | number;

/** The labels that a metric wants, all of them. */
export type LabelsOf<D> = D extends { readonly labels: infer L }
  ? { readonly [K in keyof L]: LabelValue<L[K]> }
  : undefined;

/** Every combination of the labels of a metric; empty where a label has no closed list of values. */
export function closedSeries({ labels = {} }: MetricDefinition): Readonly<Record<string, string>>[] {
  let series: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    if (typeof values === 'string') return [];
    series = series.flatMap((one) => values.map((value) => ({ ...one, [label]: value })));
  }
  return series;
}
