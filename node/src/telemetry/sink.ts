// SPDX-License-Identifier: Apache-2.0
import type { LabelsOf, MetricName } from '@shortlink/common/metric-table.ts';
import type { NodeMetrics } from './metrics.ts';

export type CounterName = MetricName<NodeMetrics, 'counter'>;
export type GaugeName = MetricName<NodeMetrics, 'gauge'>;
export type HistogramName = MetricName<NodeMetrics, 'histogram'>;

/** The last argument where a metric has labels, none where it has not. */
export type LabelArguments<N extends keyof NodeMetrics> =
  LabelsOf<NodeMetrics[N]> extends undefined ? [] : [labels: LabelsOf<NodeMetrics[N]>];

/** Where any thread's code leaves its numbers. Never throws, never waits. */
export interface MetricsSink {
  /** Raises a counter by `value`, at least 0. */
  add<N extends CounterName>(name: N, value: number, ...labels: LabelArguments<N>): void;
  set<N extends GaugeName>(name: N, value: number, ...labels: LabelArguments<N>): void;
  /** Takes one value into a histogram, in the unit of its name. */
  observe<N extends HistogramName>(name: N, value: number, ...labels: LabelArguments<N>): void;
  /** The same for a value that was measured so many times. */
  observeMany<N extends HistogramName>(name: N, value: number, times: number, ...labels: LabelArguments<N>): void;
  /** Forgets a gauge's series, so that what is no longer here is not reported as it last was. */
  remove<N extends GaugeName>(name: N, ...labels: LabelArguments<N>): void;
}

/** Takes numbers and forgets them; for tests and the simulator. */
export const noMetrics: MetricsSink = {
  add() {},
  set() {},
  observe() {},
  observeMany() {},
  remove() {},
};
