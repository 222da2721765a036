// SPDX-License-Identifier: Apache-2.0
import type { LabelsOf, MetricName, MetricTable } from '@shortlink/common/metric-table.ts';

/** Where code leaves the numbers of its table. Never throws, never waits. */
export interface MetricsSink<T extends MetricTable> {
  /** Raises a counter by `value`, at least 0. */
  add<N extends MetricName<T, 'counter'>>(name: N, value: number, labels: LabelsOf<T[N]>): void;
  set<N extends MetricName<T, 'gauge'>>(name: N, value: number, labels: LabelsOf<T[N]>): void;
  /** Forgets all series of a gauge, so that what is no longer there is not reported as it last was. */
  clear(name: MetricName<T, 'gauge'>): void;
  /** Takes one value into a histogram, in the unit of its name. */
  observe<N extends MetricName<T, 'histogram'>>(name: N, value: number, labels: LabelsOf<T[N]>): void;
}
